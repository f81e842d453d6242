"""Which way a publication goes, by what became of earlier ones to the same destination: pure.

| its destination                                              | it goes                      |
|--------------------------------------------------------------|------------------------------|
| took the last one, or is new                                 | with all others              |
| is new, and a channel was lost lately, or by this one         | apart                        |
| was not confirmed, for less than half of the patience         | apart                        |
| was not confirmed for longer, or refused one                  | apart; away where no room is |
| fails for longer than the patience                           | apart, once; then away       |
| fails so long, and one is unconfirmed there                  | away                         |

Apart is on a channel of its own, so that a queue that does not confirm keeps nobody else back. Away
means, for a reply, to the exchange of the unrouted; nothing else may go there, and is tried later.
The bounds on what waits keep the other deliveries of the prefetch for others.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

MOST_DESTINATIONS = 1_024
MOST_REFUSALS = 3
"""How often one publication is told to a queue that has it, beside one that refuses it."""

QUIET_SECONDS = 60.0
"""After so long nothing is remembered of a failure: longer than any pause between two tries."""


class Destination(NamedTuple):
    """Where a publication goes; the routing key is empty where it decides nothing."""

    exchange: str
    routing_key: str


class Way(Enum):
    """How a publication is sent."""

    TOGETHER = auto()
    APART = auto()
    AWAY = auto()


@dataclass(slots=True)
class _Trouble:
    since: float
    last: float
    refused: bool


class Ways:
    """Times are monotonic seconds; `most_waiting` bounds what waits for failing destinations."""

    def __init__(self, most_waiting: int, patience_seconds: float) -> None:
        self._most_waiting = max(1, most_waiting)
        self._most_of_one = max(1, most_waiting // 2)
        self._patience_seconds = patience_seconds
        self._troubles: OrderedDict[Destination, _Trouble] = OrderedDict()
        self._good: OrderedDict[Destination, None] = OrderedDict()
        self._in_hand: Counter[Destination] = Counter()
        self._silent: Counter[Destination] = Counter()
        self._wary_until = 0.0

    def way(
        self,
        to: Destination,
        now: float,
        *,
        failures: int = 0,
        refusals: int = 0,
        suspected: bool = False,
    ) -> Way:
        """How to send now what has failed and, among that, was refused so often before.

        What is `suspected` was on a channel when the broker closed it.
        """
        trouble = self._trouble(to, now)
        if trouble is None:
            wary = suspected or (now < self._wary_until and to not in self._good)
            return Way.APART if wary else Way.TOGETHER
        if refusals >= MOST_REFUSALS:
            return Way.AWAY
        if now >= trouble.since + self._patience_seconds:
            return Way.AWAY if failures or self._silent[to] else Way.APART
        # Before, it may be one that only was on a channel with one that is not confirmed.
        bounded = trouble.refused or now >= trouble.since + self._patience_seconds / 2
        return Way.AWAY if bounded and not failures and self._is_full(to) else Way.APART

    def confirmed(self, to: Destination) -> None:
        """Its queues took one: it goes with all others again."""
        self._troubles.pop(to, None)
        self._good[to] = None
        _shorten(self._good)

    def failed(self, to: Destination, now: float, *, refused: bool = False) -> None:
        """One was not confirmed in time there, or `refused`."""
        trouble = self._trouble(to, now) or _Trouble(now, now, refused=False)
        trouble.last, trouble.refused = now, trouble.refused or refused
        self._troubles[to] = trouble
        _shorten(self._troubles)

    def closed(self, to: Destination, now: float) -> None:
        """One that was alone made the broker close its channel: patience helps nothing."""
        self._troubles[to] = _Trouble(now - self._patience_seconds, now, refused=True)
        self._good.pop(to, None)
        _shorten(self._troubles)

    def channel_lost(self, now: float) -> None:
        """A channel that others use was closed, or stood still."""
        self._wary_until = now + QUIET_SECONDS

    def session_lost(self) -> None:
        """Nothing is unconfirmed any more: it was lost with the connection, or arrived."""
        self._silent.clear()

    def silent(self, to: Destination) -> None:
        """One stays unconfirmed on a channel of its own."""
        self._silent[to] += 1

    def heard(self, to: Destination) -> None:
        """That one was confirmed, or refused."""
        self._silent[to] -= 1
        if self._silent[to] <= 0:
            del self._silent[to]

    @contextmanager
    def in_hand(self, to: Destination) -> Iterator[None]:
        """Count a publication from its first try to its end."""
        self._in_hand[to] += 1
        try:
            yield
        finally:
            self._in_hand[to] -= 1
            if not self._in_hand[to]:
                del self._in_hand[to]

    def _is_full(self, to: Destination) -> bool:
        waiting = sum(self._in_hand[each] for each in self._troubles)
        return self._in_hand[to] > self._most_of_one or waiting > self._most_waiting

    def _trouble(self, to: Destination, now: float) -> _Trouble | None:
        trouble = self._troubles.get(to)
        if trouble is not None and now > trouble.last + QUIET_SECONDS and not self._silent[to]:
            return None
        return trouble


def _shorten(remembered: OrderedDict[Destination, Any]) -> None:
    while len(remembered) > MOST_DESTINATIONS:
        remembered.popitem(last=False)
