"""What is not as it should be: every finding is brought about once, and none on a quiet day."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from service.commands.top import findings
from service.commands.top.findings import Finding, Severity, severity
from service.commands.top.telling import tell
from service.core.depths import Depth, Depths, NotAsked, Queues
from service.flow.events.labels import ConnectionName, HoldReason, LostCause
from service.flow.events.process import BrokerLost
from tests.commands.top import scenes
from tests.commands.top.relay import MIB, RelayMetrics

BAD, LOOK = Severity.BAD, Severity.LOOK


@dataclass(frozen=True)
class Case:
    """What happens between two scrapes, and the only finding of it."""

    happens: Callable[[RelayMetrics], None]
    finding: Finding
    severity: Severity
    words: str


def _lose(relay: RelayMetrics) -> None:
    relay.metrics.record(BrokerLost(ConnectionName.PUBLISH, LostCause.ACK_FAILED, "", 1.0))


def _grow(relay: RelayMetrics) -> None:
    relay.memory_bytes = 250 * MIB


def _fail(times: int) -> Callable[[RelayMetrics], None]:
    def happens(relay: RelayMetrics) -> None:
        relay.accept(100 - times)
        relay.retry("unreached", 5, times)

    return happens


def _reject(times: int) -> Callable[[RelayMetrics], None]:
    def happens(relay: RelayMetrics) -> None:
        relay.accept(4)
        relay.reject("insufficient_balance", times - 1)
        relay.reject("service_not_found", 1)

    return happens


CASES = [
    Case(
        lambda relay: relay.hold(HoldReason.CIRCUIT),
        findings.Held("circuit", 1),
        BAD,
        "held: circuit",
    ),
    Case(
        lambda relay: relay.hold(HoldReason.CREDENTIALS),
        findings.Held("credentials", 1),
        BAD,
        "held: credentials",
    ),
    Case(
        lambda relay: relay.hold(HoldReason.PUBLISHER),
        findings.Held("publisher", 1),
        BAD,
        "held: publisher",
    ),
    Case(
        lambda relay: relay.hold(HoldReason.THROTTLED),
        findings.Held("throttled", 1),
        LOOK,
        "held: throttled",
    ),
    Case(_fail(5), findings.AttemptsFail(0.05), LOOK, "5.0 % of attempts fail"),
    Case(_fail(20), findings.AttemptsFail(0.2), BAD, "20 % of attempts fail"),
    Case(
        _reject(times=6), findings.MostRejected(0.6, "insufficient_balance"), LOOK, "60 % rejected"
    ),
    Case(lambda relay: relay.lag(1.7), findings.LoopLate(2.485), LOOK, "loop late by 2.5 s"),
    Case(_grow, findings.MemoryNear(250 / 256), LOOK, "memory at 98 %"),
    Case(
        lambda relay: relay.metrics.watch_oldest_order(lambda: 1200),
        findings.OldOrder(1200),
        LOOK,
        "an order is 20 min old",
    ),
]


def found(happens: Callable[[RelayMetrics], None], queues: Queues) -> tuple[Finding, ...]:
    """The findings of a relay to which something happens between two scrapes."""
    relay = RelayMetrics()
    relay.accept(10)
    # What was before the first look is no news.
    relay.give_up("unknown", "outcome_unknown", 1)
    earlier = relay.scrape(0)
    happens(relay)
    return scenes.view_of({scenes.ADDRESS: [earlier, relay.scrape(10)]}, queues).findings


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_a_trouble_is_found_weighed_and_said(case: Case) -> None:
    """By itself, with words for it."""
    (finding,) = found(case.happens, scenes.queues())
    assert finding == case.finding or (
        isinstance(finding, findings.LoopLate) and finding.seconds == pytest.approx(2.485)
    )
    assert severity(finding) is case.severity
    assert tell(finding).short == case.words
    assert tell(finding).more


def test_nothing_is_found_on_a_quiet_day() -> None:
    """A few attempts that fail are part of it, and so are old totals."""
    assert found(lambda relay: relay.accept(50), scenes.queues(retry_5=3)) == ()
    assert found(lambda relay: relay.accept(50), NotAsked("no")) == ()
    assert found(lambda relay: relay.reject("invalid_quantity", 4), NotAsked("no")) == ()


def test_orders_that_were_given_up_lately() -> None:
    """Those that may exist are worse than those that do not."""

    def happens(relay: RelayMetrics) -> None:
        relay.accept(2000)
        relay.give_up("failed", "too_old", 2)
        relay.give_up("unknown", "outcome_unknown", 1)

    assert found(happens, scenes.queues()) == (findings.OrdersUnknown(1), findings.OrdersFailed(2))


def test_a_connection_that_is_down() -> None:
    """The loss is told beside it."""
    assert found(_lose, scenes.queues()) == (
        findings.Disconnected("publish", 1),
        findings.Reconnected(1),
    )


@pytest.mark.parametrize(
    ("queues", "finding", "words"),
    [
        (scenes.queues(parked=2), findings.Parked(2), "2 parked"),
        (scenes.queues(unrouted=1), findings.Unrouted(1), "1 unrouted"),
        (
            scenes.queues(consumers=0, requests=7),
            findings.NoConsumer(7),
            "no consumer, 7 wait",
        ),
        (
            Depths({"requests": Depth(0, 1), "parked": None, "retry.5": None}),
            findings.QueueMissing(("parked", "retry.5")),
            "missing: parked, retry.5",
        ),
    ],
)
def test_what_the_queues_tell(queues: Queues, finding: Finding, words: str) -> None:
    """Each by its own depth."""
    assert found(lambda relay: relay.accept(1), queues) == (finding,)
    assert tell(finding).short == words


def test_a_relay_that_does_not_answer() -> None:
    """It is counted, and the others are shown."""
    relay = RelayMetrics()
    view = scenes.view_of({"a:1": [relay.scrape(0)], "b:1": "connection refused"}, NotAsked("no"))
    assert view.findings == (findings.InstanceSilent(1, 2),)
    assert view.figures is not None
    assert view.figures.api.most_in_flight == 64
