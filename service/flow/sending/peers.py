"""How replicas divide the API's limits among them, by what each reads in one log: pure rules.

Each says its weight every period, and reads everything that all say, its own words included, in
the one order of the log. The shares never add up to more than 1, whatever is late, lost, stopped
or cut off; `docs/limits.md` has the proof. Times are monotonic seconds of one's own clock, of
which only the rate must be that of the others.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from math import inf, nextafter

from service.flow.sending.periods import (
    ANSWER_SECONDS,
    COUNTING_LIFE_SECONDS,
    PERIODS_IN_A_LIFE,
    least_pause_seconds,
    period_seconds,
)
from service.flow.sending.said import Peer, Said, State, is_news


@dataclass(slots=True)
class _Announcement:
    said: Said
    weight: float
    offset: int | None = field(default=None)

    @property
    def until(self) -> float:
        return self.said.at + self.said.life


class Peers:
    """One replica's knowledge of the others; `name` is new in every process."""

    def __init__(self, name: str, period: Callable[[int], float] = period_seconds) -> None:
        self.name = name
        self._period = period
        self._seen = -1
        self._last: Said | None = None
        self._latest: _Announcement | None = None
        self._announced: deque[_Announcement] = deque()
        self._acknowledged = 0.0
        self._peers: dict[str, Peer] = {}
        self._answer_at = inf

    @property
    def others(self) -> tuple[Peer, ...]:
        """The replicas that may send, as far as this one knows, but for itself."""
        return tuple(self._peers.values())

    @property
    def count(self) -> int:
        """How many replicas there are, itself included."""
        return 1 + len(self._peers)

    def say(self, now: float, state: State, *, bye: bool = False) -> Said:
        """What to publish now; with `bye` it is the last."""
        self._expire(now)
        # An echo is known by its time, so no two have the same.
        at = now if self._last is None else max(now, nextafter(self._last.at, inf))
        life = PERIODS_IN_A_LIFE * self._period(self.count)
        state = replace(state, weight=0.0, able=False) if bye else state
        said = Said(id=self.name, seen=self._seen, at=at, life=life, bye=bye, **asdict(state))
        # A lesser weight counts at once, and what was announced before is worth no more than it.
        self._acknowledged = min(self._acknowledged, said.weight)
        for each in self._announced:
            each.weight = min(each.weight, said.weight)
        while self._announced and self._announced[0].offset is None:
            if now < self._announced[0].until:
                break
            self._announced.popleft()
        self._announced.append(_Announcement(said, said.weight))
        self._last, self._answer_at = said, inf
        return said

    def counting(self, now: float, state: State) -> Said:
        """What to publish now where nothing can be read: the others leave a whole part."""
        # They forget it after the life of this, which may be shorter than that of what it said.
        self._begin_anew(now)
        whole = asdict(replace(state, weight=1.0))
        life = COUNTING_LIFE_SECONDS
        return Said(id=self.name, seen=-1, at=now, life=life, counts=True, **whole)

    def heard(self, said: Said, offset: int, now: float) -> None:
        """Learn from the message at `offset`; those that were read before change nothing."""
        self._expire(now)
        if offset <= self._seen and not self._is_new(said):
            return
        if offset <= self._seen:
            # The log was deleted and made again: nobody has read anything of it yet.
            self._begin_anew(now)
            self._peers = {
                name: Peer(replace(peer.said, seen=-1), peer.heard_at)
                for name, peer in self._peers.items()
            }
        self._seen = offset
        if said.id == self.name:
            self._hear_echo(said, offset, now)
        else:
            # Nobody has read what is not written yet: that is of another log, and says nothing.
            self._hear_other(said if said.seen < offset else replace(said, seen=-1), now)
        self._acknowledge()

    def share(self, now: float) -> float:
        """Which part of the limits is this replica's; 0 while it may not send."""
        self._expire(now)
        if self._latest is None or self._last is None or self._acknowledged == 0:
            return 0.0
        others = sum(peer.said.weight for peer in self._peers.values())
        return self._acknowledged / (self._acknowledged + others)

    def leads(self, now: float) -> bool:
        """Whether this one probes for all: of those with the greatest weight, the lowest name."""
        if self.share(now) == 0 or self._last is None:
            return False
        mine = (-self._last.weight, self.name)
        return all(mine < (-peer.said.weight, peer.said.id) for peer in self._readers())

    @property
    def rank(self) -> int:
        """How many that could send come before this one."""
        return sum(peer.said.able and peer.said.id < self.name for peer in self._readers())

    def due(self, now: float, state: State) -> float:
        """Seconds until something is to be said, where `state` is what it would be."""
        last = self._last
        if last is None:
            return 0.0
        # Not later than the last message promised, also where the period has grown since.
        period = self._period(self.count)
        at = last.at + min(period, last.life / PERIODS_IN_A_LIFE)
        soonest = last.at + least_pause_seconds(self.count, period)
        wanted = soonest if is_news(state, last, now) else max(soonest, self._answer_at)
        return max(0.0, min(at, wanted) - now)

    def _expire(self, now: float) -> None:
        """Lapse where no message of one's own that came back counts any more."""
        if self._latest is None:
            return
        # What is on its way may say a shorter life, and others may have read it.
        on_their_way = (each.until for each in self._announced if each.offset is None)
        if now >= min(self._latest.until, *on_their_way, inf):
            self._begin_anew(now)

    def _begin_anew(self, now: float) -> None:
        self._latest, self._acknowledged, self._answer_at = None, 0.0, now
        self._announced.clear()

    def _is_new(self, said: Said) -> bool:
        """Whether this is a message of one's own that has not come back yet."""
        waiting = {each.said.at for each in self._announced if each.offset is None}
        return said.id == self.name and said.at in waiting

    def _hear_echo(self, said: Said, offset: int, now: float) -> None:
        # In the order of the log: all that those could have written in that time was read before.
        silent = [
            name for name, peer in self._peers.items() if said.at >= peer.heard_at + peer.said.life
        ]
        for name in silent:
            del self._peers[name]
        found = next((each for each in self._announced if each.said.at == said.at), None)
        # What was announced before it and has not come is lost, or late and counts for nobody.
        self._announced = deque(
            each
            for each in self._announced
            if each.offset is not None or each.said.at > said.at or each is found
        )
        if found is not None and now < found.until:
            found.offset = offset
            self._latest = found
        elif found is not None:
            self._announced.remove(found)

    def _hear_other(self, said: Said, now: float) -> None:
        known = self._peers.get(said.id)
        if known is not None and said.at <= known.said.at:
            # Sent on an older connection, and overtaken.
            return
        if said.bye:
            self._peers.pop(said.id, None)
            return
        if known is None or said.weight > known.said.weight:
            self._answer_at = min(self._answer_at, now + ANSWER_SECONDS)
        self._peers[said.id] = Peer(said, now)

    def _acknowledge(self) -> None:
        """Take what all have read; with the first of it, this replica begins."""
        read_by_all = min((peer.said.seen for peer in self._readers()), default=self._seen)
        while self._announced:
            first = self._announced[0]
            if first.offset is None or first.offset > read_by_all:
                return
            self._acknowledged = max(self._acknowledged, first.weight)
            self._announced.popleft()

    def _readers(self) -> list[Peer]:
        return [peer for peer in self._peers.values() if not peer.said.counts]
