"""A publication from its first try to its end: on which channel, how often, and where to at last.

A reply that its queue does not take goes to the unrouted, where a person finds it: its order is
over, and must neither be sent again nor keep its place in the prefetch. See docs/decisions/0021.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, assert_never

from service.core.record import record
from service.edges.amqp.attempt import (
    Acked,
    Ended,
    Late,
    Nacked,
    Outgoing,
    Over,
    Sending,
    Shut,
    Unfit,
    Unroutable,
)
from service.flow.events import Emit
from service.flow.events.order import ReplyUnrouted
from service.flow.keyed_lock import KeyedLock
from service.flow.ports import Clock, Confirmed, Published, Unconfirmed, Unpublishable
from service.flow.ways import Destination, Way, Ways

REFUSED = "the broker refused it (a queue is full?)"
SILENT = "not confirmed in time (a queue without a leader?)"
FAILING = "earlier ones to the same queue were refused or not confirmed"


class Channels(Protocol):
    """The channels of a session; see `service.edges.amqp.lanes`."""

    async def together(self, outgoing: Outgoing) -> Ended:
        """Publish on the channel that all share."""
        ...

    async def apart(
        self,
        outgoing: Outgoing,
        seconds: float,
        *,
        earlier: Sending | None = None,
        heard: Callable[[Ended], None],
    ) -> Ended:
        """Publish on a channel of its own."""
        ...

    def renew(self, outgoing: Outgoing) -> None:
        """Have the shared channel replaced by a new one."""
        ...


@record(frozen=True, slots=True)
class _NotTaken:
    """Its destination does not take it; `ever` says that no other try would help."""

    reason: str
    ever: bool = False


@dataclass(slots=True)
class _Past:
    """What became of one publication so far; `late` is the try that may be confirmed yet."""

    failures: int = 0
    refusals: int = 0
    suspected: bool = False
    late: Sending | None = None
    why: str = FAILING


_End = Acked | Unroutable | Over | _NotTaken


@record(frozen=True, slots=True)
class TriesPorts:
    """What they work with; `doubt` has it found out whether a part of the topology is gone."""

    clock: Clock
    emit: Emit
    stop: asyncio.Event
    trial: Callable[[Outgoing], Awaitable[Ended]]
    doubt: Callable[[], None]


class Tries:
    """Carries publications out, and remembers which destinations fail."""

    def __init__(
        self, ways: Ways, ports: TriesPorts, *, unrouted: str, patience_seconds: float
    ) -> None:
        self.ways = ways
        self._ports = ports
        self._clock = ports.clock
        self._unrouted = Destination(unrouted, "")
        self._patience_seconds = patience_seconds
        self._one_of_each = KeyedLock()

    async def carry(
        self, outgoing: Outgoing, lanes: Channels, *, doubted: bool = False
    ) -> Published:
        """Publish until it is confirmed, or does not get there; what is `doubted` goes on trial."""
        with self.ways.in_hand(outgoing.to):
            end = None if doubted else await self._try(outgoing, lanes)
            if end is None or (isinstance(end, Over) and end.blamed):
                doubted = True
                end = _judged(await self._ports.trial(outgoing))
        match end:
            case Acked():
                return Confirmed()
            case Unroutable(reason) | Over(reason):
                return Unconfirmed(reason)
            case _NotTaken(reason, ever) if outgoing.reply:
                diverted = await self._divert(outgoing, lanes, reason, doubted=doubted)
                if isinstance(diverted, Unpublishable) and not ever:
                    # Its own queue may take it later; the order has an answer, and stays.
                    return Unconfirmed(diverted.reason)
                return diverted
            case _NotTaken(reason, ever):
                return Unpublishable(reason) if ever else Unconfirmed(reason)
            case _ as never:  # pragma: no cover
                assert_never(never)

    async def _try(self, outgoing: Outgoing, lanes: Channels) -> _End:
        past, to = _Past(), outgoing.to
        while (way := self._way(to, past)) is not Way.AWAY:
            if way is Way.TOGETHER:
                ended: Ended | None = await lanes.together(outgoing)
            else:
                ended = await self._alone(outgoing, lanes, past)
            if ended is None:
                continue
            if (end := self._learn(to, ended, past, alone=way is Way.APART)) is not None:
                if end == Acked() and past.refusals:
                    lanes.renew(outgoing)
                return end
            if isinstance(ended, Nacked):
                pause_seconds = self._patience_seconds / 8 * past.refusals
                await self._clock.wait(self._ports.stop, pause_seconds)
        return _NotTaken(past.why)

    def _learn(self, to: Destination, ended: Ended, past: _Past, *, alone: bool) -> _End | None:
        """What one try says of the destination; None where another one may help."""
        now, past.failures = self._clock.monotonic(), past.failures + 1
        match ended:
            case Acked():
                self.ways.confirmed(to)
                return ended
            case Unroutable():
                # Perhaps no queue is missing for this one alone, but a part of the topology.
                self._ports.doubt()
                return ended
            case Over():
                return ended
            case Unfit(reason):
                return _NotTaken(reason, ever=True)
            case Nacked():
                self.ways.failed(to, now, refused=True)
                past.refusals, past.why = past.refusals + 1, REFUSED
                return None
            case Late(sending):
                self.ways.failed(to, now)
                past.late, past.why = sending, SILENT
            case Shut(reason) if alone:
                # An exchange may be gone, or a right: then no more may be sent.
                self._ports.doubt()
                self.ways.closed(to, now)
                return _NotTaken(reason, ever=True)
            case Shut():
                past.suspected = True
            case _ as never:  # pragma: no cover
                assert_never(never)
        if alone:
            return _NotTaken(SILENT)
        self.ways.channel_lost(now)
        return None

    def _way(self, to: Destination, past: _Past) -> Way:
        return self.ways.way(
            to,
            self._clock.monotonic(),
            failures=past.failures,
            refusals=past.refusals,
            suspected=past.suspected,
        )

    async def _alone(self, outgoing: Outgoing, lanes: Channels, past: _Past) -> Ended | None:
        """On a channel of its own; None where those before it found out enough."""
        if past.suspected:
            # Nothing is wrong with its destination: all suspects at once, each by itself.
            return await self._apart(outgoing, lanes, past)
        async with self._one_of_each.hold(f"{outgoing.to.exchange}\n{outgoing.to.routing_key}"):
            if self._way(outgoing.to, past) is not Way.APART:
                return None
            return await self._apart(outgoing, lanes, past)

    async def _apart(self, outgoing: Outgoing, lanes: Channels, past: _Past) -> Ended:
        heard = self._listener(outgoing.to)
        ended = await lanes.apart(outgoing, self._patience_seconds, earlier=past.late, heard=heard)
        if isinstance(ended, Late):
            self.ways.silent(outgoing.to)
        return ended

    def _listener(self, to: Destination) -> Callable[[Ended], None]:
        def heard(ended: Ended) -> None:
            self.ways.heard(to)
            if isinstance(ended, Acked):
                self.ways.confirmed(to)

        return heard

    async def _divert(
        self, outgoing: Outgoing, lanes: Channels, reason: str, *, doubted: bool
    ) -> Published:
        message = outgoing.message
        diverted = Outgoing(
            self._unrouted.exchange, outgoing.routing_key, message, self._unrouted, reply=False
        )
        published = await self.carry(diverted, lanes, doubted=doubted)
        if isinstance(published, Confirmed):
            self._ports.emit(ReplyUnrouted(message.message_id, outgoing.routing_key, reason))
            return published
        return type(published)(f"{reason}; nor could it go to the unrouted: {published.reason}")


def _judged(ended: Ended) -> _End:
    """What the trial of one that was alone on its connection says of it."""
    match ended:
        case Acked() | Unroutable():
            return ended
        case Over(reason, blamed):
            return _NotTaken(reason, ever=True) if blamed else ended
        case Unfit(reason) | Shut(reason):
            return _NotTaken(reason, ever=True)
        case Nacked():
            return _NotTaken(REFUSED)
        case Late():
            return _NotTaken(SILENT)
        case _ as never:  # pragma: no cover
            assert_never(never)
