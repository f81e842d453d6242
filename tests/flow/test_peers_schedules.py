"""The replicas' shares, whatever befalls: never more than everything, and soon everything again."""

import os
from collections.abc import Callable

import pytest

from service.flow.sending.peers import Peers
from service.flow.sending.said import Said, State
from tests.flow.shared_log import SharedLog
from tests.flow.troubles import calm, half, schedule, steep

pytestmark = pytest.mark.usefixtures("uncovered")

SCHEDULES = int(os.environ.get("PEERS_SCHEDULES", "90"))
"""How many are tried; with 14,000 pytest needs `--timeout 0`."""

WHOLE = 1 + 1e-9


class ByTheClock(Peers):
    """The first easy mistake: another is live while it was heard within its life."""

    def heard(self, said: Said, offset: int, now: float) -> None:
        """Hear, and forget who was silent by the clock."""
        self._forget(now)
        super().heard(said, offset, now)

    def share(self, now: float) -> float:
        """The share, where who was silent by the clock is forgotten."""
        self._forget(now)
        return super().share(now)

    def _forget(self, now: float) -> None:
        self._peers = {
            name: peer for name, peer in self._peers.items() if now < peer.heard_at + peer.said.life
        }


class AnyAnnouncement(Peers):
    """The second: the echo of an older announcement counts for the new one of the same weight."""

    def say(self, now: float, state: State, *, bye: bool = False) -> Said:
        """Say it, and let older announcements keep their weight."""
        before = [(each, each.weight) for each in self._announced]
        said = super().say(now, state, bye=bye)
        for each, weight in before:
            each.weight = weight
        return said

    def _acknowledge(self) -> None:
        super()._acknowledge()
        if self._last is not None:
            self._acknowledged = min(self._acknowledged, self._last.weight)


class Unasked(Peers):
    """The third: one's own echo is enough to begin."""

    def _acknowledge(self) -> None:
        for each in self._announced:
            if each.offset is not None:
                self._acknowledged = max(self._acknowledged, each.weight)


class Overtaken(Peers):
    """The fourth: whatever comes last is the latest."""

    def _hear_other(self, said: Said, now: float) -> None:
        if not said.bye:
            self._peers.pop(said.id, None)
        super()._hear_other(said, now)


def test_the_shares_never_add_up_to_more_than_everything() -> None:
    """Whatever is late, lost, stopped, cut off, killed or begun again; and then all is used."""
    for seed in range(SCHEDULES):
        world = schedule(seed)
        assert world.worst <= WHOLE, seed
        if not world.replicas:
            world.start()
        calm(world)
        # The longest life of those in the schedule, twice: to be forgotten, and to begin.
        world.run(world.now + 25)
        assert world.shares() >= 0.95, seed
        world.run(world.now + 5)
        assert world.shares() >= 0.95, seed


@pytest.mark.parametrize(
    ("mistake", "first"),
    [(ByTheClock, 18), (AnyAnnouncement, 18), (Unasked, 0), (Overtaken, 74)],
)
def test_the_schedules_find_the_easy_mistakes(mistake: Callable[..., Peers], first: int) -> None:
    """Rules that look like ours and are not make the sum greater than everything."""
    assert any(schedule(seed, mistake).worst > WHOLE for seed in range(first, 200))


def _three() -> SharedLog:
    """Three that have shared everything for a while."""
    world = SharedLog(1)
    for _ in range(3):
        world.start()
    world.run(10)
    assert world.shares() == pytest.approx(1)
    return world


def _seconds_below(world: SharedLog, least: float = 0.95) -> float:
    """How long until the sum is, and stays, at least that; in steps of 50 ms over 15 s."""
    begin = end = world.now
    for _ in range(300):
        world.run(world.now + 0.05)
        if world.shares() < least:
            end = world.now
    assert world.worst <= WHOLE
    return end - begin


def _stop_and_wake(world: SharedLog) -> None:
    world.replicas[0].paused_until = world.now + 60
    world.run(world.now + 60.001)


def _close_all(world: SharedLog) -> None:
    for replica in world.replicas:
        world.reconnect(replica)


@pytest.mark.parametrize(
    ("befalls", "seconds"),
    [
        (lambda world: world.start(), 0.5),
        (lambda world: [world.start() for _ in range(4)], 0.5),
        (lambda world: world.leave(world.replicas[0]), 0.5),
        (_close_all, 0.0),
        (lambda world: world.kill(world.replicas[0]), 5.5),
        (_stop_and_wake, 3.0),
    ],
    ids=["added", "four added", "bye", "closed", "killed", "stopped"],
)
def test_how_soon_everything_is_used_again(
    befalls: Callable[[SharedLog], object], seconds: float
) -> None:
    """At once after a word of good-bye, a life later after none."""
    world = _three()
    befalls(world)
    assert _seconds_below(world) <= seconds


@pytest.mark.parametrize("period", [half, steep])
def test_lives_of_different_lengths_share_as_well(period: Callable[[int], float]) -> None:
    """While a new version is rolled out, say."""
    world = _three()
    world.start(period)
    world.start(period)
    assert _seconds_below(world) <= 7
