"""The rules of holding where several holds meet, asked directly."""

from service.core.outcome import Misconfigured
from service.flow.sending.holds import FIRST_PAUSE_SECONDS, Holds

WRONG_KEY = Misconfigured(401, "wrong key")
LONG_AFTER = 1000.0


def held(jitter: float = 0.5) -> Holds:
    """Holds for the credentials, since 0."""
    holds = Holds()
    holds.report(WRONG_KEY, probe=False, now=0.0, jitter=jitter)
    return holds


def test_pauses_are_jittered() -> None:
    """Replicas that met the same fault at the same time probe at different times."""
    pauses = [held(jitter).next_change(0.0) for jitter in (0.0, 0.5, 0.99)]
    assert pauses == sorted(set(pauses))
    assert pauses[0] >= FIRST_PAUSE_SECONDS / 2
    assert pauses[-1] < FIRST_PAUSE_SECONDS


def test_a_longer_throttle_that_was_told_before_stays() -> None:
    """Of two answers that ask to wait, the shorter does not cut the longer off."""
    holds = Holds()
    holds.throttle(0.0, 60.0)
    holds.throttle(1.0, 1.0)
    assert holds.throttled_seconds(2.0) == 58.0
    assert holds.held_since(2.0) == 0.0


def test_nobody_probes_while_results_cannot_be_published() -> None:
    """A probe is an order too: it may be placed, and its outcome has nowhere to go."""
    holds = held()
    assert holds.may_probe(LONG_AFTER)
    holds.hold_publisher(LONG_AFTER, "down")
    assert not holds.may_probe(LONG_AFTER)
    holds.lift_publisher()
    assert holds.may_probe(LONG_AFTER)


def test_nobody_probes_while_the_api_asks_to_wait() -> None:
    """It has told us when it wants to be asked again."""
    holds = held()
    holds.throttle(LONG_AFTER, 10.0)
    assert not holds.may_probe(LONG_AFTER + 9)
    assert holds.may_probe(LONG_AFTER + 10)
