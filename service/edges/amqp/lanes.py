"""The channels of the publishing connection: those that all share, and one for each doubtful one.

A broker's channel takes one publication after the other, and stands still at a queue without a
leader; another channel of the same connection does not. So replies have a channel, retries and
parked copies another, and whatever is in doubt one of its own. A channel that stands still is left,
not closed: what is unconfirmed on it may be confirmed yet, and may not be sent on it again.
"""

import asyncio
from collections.abc import Callable
from math import inf
from typing import Any

from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import AMQPChannelError, ChannelInvalidStateError

from service.edges.amqp.alarm import Alarm
from service.edges.amqp.attempt import Acked, Ended, Late, Outgoing, Over, Sending, Shut
from service.edges.amqp.connection import Session, SessionBrokenError, channel_cause, expected
from service.edges.amqp.faults import words_of
from service.edges.amqp.lane import Lane
from service.edges.amqp.refusals import of_all, why_held
from service.flow.events.labels import LostCause
from service.flow.ports import Clock

ALONE_SECONDS, ALONE_BESIDE = 0.25, 8
"""After it replies leave a channel that answers none, while so many retries or copies are."""

MOST_APART, MOST_LEFT = 100, 256
MOST_SHARED = 8  # Of each kind: copies of one id that are under way share no channel.
MOST_CHANNELS = 65_535
NOT_IN_TIME = "a publish was not confirmed in time"


class Lanes:
    """The channels of one session; they end with it."""

    def __init__(
        self,
        wire: AbstractConnection,
        session: Session,
        alarm: Alarm,
        clock: Clock,
        *,
        late_seconds: float,
        silent_seconds: float,
    ) -> None:
        self._wire = wire
        self._session = session
        self._alarm = alarm
        self._clock = clock
        self._late_seconds, self._silent_seconds = late_seconds, silent_seconds
        self._shared: dict[tuple[bool, int], Lane] = {}
        self._apart = asyncio.Semaphore(MOST_APART)
        self._silent_since, self._kept = inf, 0
        self._opening, self._turn = asyncio.Lock(), asyncio.Lock()
        self._last = 0
        self._background: set[asyncio.Future[None]] = set()

    async def open(self) -> None:
        """Open the shared ones; SessionBrokenError where the broker does not."""
        for reply in (True, False):
            await self._shared_lane("", reply=reply)

    def close(self) -> None:
        """Wait for nothing any more."""
        for task in self._background:
            task.cancel()

    async def together(self, outgoing: Outgoing) -> Ended:
        """Publish on the shared channel; one that stands still is left by all that are on it."""
        try:
            while True:
                message_id = outgoing.message.message_id or ""
                lane = await self._shared_lane(message_id, reply=outgoing.reply)
                async with lane.turn_of(message_id):
                    if lane.left.done():
                        continue
                    sending = lane.begin(outgoing, self._turn)
                    ended = await self._end(sending, lane, self._late_seconds, outgoing)
                if isinstance(ended, Late | Shut):
                    self._leave(lane)
                return ended
        except SessionBrokenError as broken:
            return Over(broken.reason)

    async def apart(
        self,
        outgoing: Outgoing,
        seconds: float,
        *,
        earlier: Sending | None = None,
        heard: Callable[[Ended], None],
    ) -> Ended:
        """Publish on a channel of its own; after Late `heard` is called when the broker answers.

        `earlier` is the same publication on another channel: by now it may be confirmed.
        """
        try:
            async with self._apart:
                lane = Lane(await self._channel())
                exchange = outgoing.exchange
                if earlier and earlier.done() and self._read(earlier, exchange) == Acked():
                    self._leave(lane)
                    return Acked()
                sending = lane.begin(outgoing, self._turn)
                ended = await self._end(sending, lane, seconds, outgoing)
                late = isinstance(ended, Late)
                self._leave(lane, (lambda: heard(self._read(sending, exchange))) if late else None)
                return ended
        except SessionBrokenError as broken:
            return Over(broken.reason)

    def renew(self, outgoing: Outgoing) -> None:
        """Leave the shared channel, which refused what another one took; nothing on it is lost."""
        for place in [each for each in self._shared if each[0] is outgoing.reply]:
            self._leave(self._shared.pop(place), doubted=False)

    async def _shared_lane(self, message_id: str, *, reply: bool) -> Lane:
        async with self._opening:
            for number in range(MOST_SHARED):
                lane = self._shared.get((reply, number))
                if lane is None or lane.left.done() or lane.channel.is_closed:
                    lane = self._shared[reply, number] = Lane(await self._channel())
                if not lane.waiting(message_id):
                    return lane
            lanes = (self._shared[reply, number] for number in range(MOST_SHARED))
            return min(lanes, key=lambda lane: lane.waiting(message_id))

    async def _channel(self) -> AbstractChannel:
        async def open_one() -> AbstractChannel:
            # Chosen at the moment at which aiormq takes it: others open channels, too.
            return await self._wire.channel(
                self._number(), publisher_confirms=True, on_return_raises=True
            )

        opening = expected(asyncio.ensure_future(open_one()))
        try:
            if not await self._done(opening, None, self._silent_seconds):
                self._session.break_(LostCause.PUBLISH_TIMEOUT, "a channel was not opened in time")
            elif not opening.cancelled() and opening.exception() is None:
                return opening.result()
            else:
                error = None if opening.cancelled() else opening.exception()
                self._session.end(SessionBrokenError.by(channel_cause(error), error))
            raise self._session.broken.result()
        finally:
            opening.cancel()

    def _number(self) -> int:
        """A channel's number that was not used lately.

        aiormq takes that of a channel again before it has answered the broker's Close: to the
        broker the new channel's Open would then be one more frame on the old one.
        """
        most = self._wire.connection_tune.channel_max or MOST_CHANNELS
        numbers = (number % most + 1 for number in range(self._last, self._last + most))
        self._last = next((n for n in numbers if n not in self._wire.channels), most)
        return self._last

    def _leave(
        self, lane: Lane, heard: Callable[[], None] | None = None, *, doubted: bool = True
    ) -> None:
        """Send nothing on it any more, and close it when all on it is answered."""
        if doubted and heard is None and lane.left.done():
            # All that were on it leave it, and one waits for the rest of it.
            return
        if doubted and not lane.left.done():
            lane.left.set_result(None)
        if len(self._background) > MOST_LEFT:
            self._session.break_(LostCause.PUBLISH_TIMEOUT, "too many channels stand still")
        task = expected(asyncio.create_task(self._close_when_answered(lane, heard)))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _close_when_answered(self, lane: Lane, heard: Callable[[], None] | None) -> None:
        # Closed before, the broker would answer none of it, and aiormq would close it twice.
        if lane.sending:
            await asyncio.wait(lane.sending)
        if heard is not None:
            heard()
        await lane.channel.close()

    async def _end(self, sending: Sending, lane: Lane, seconds: float, outgoing: Outgoing) -> Ended:
        began, kept = self._clock.monotonic(), self._kept
        self._silent_since = min(self._silent_since, began)
        try:
            shared = outgoing.reply and lane in self._shared.values()
            soon = min(seconds, ALONE_SECONDS) if shared else seconds
            done = await self._done(sending, lane.left, soon)
            alone = lane.answered_at <= began and self._kept >= kept + ALONE_BESIDE
            if not done and not alone and shared:
                # Perhaps it is the broker that is slow.
                done = await self._done(sending, lane.left, seconds - soon)
            if not done and lane.answered_at > began:
                # A busy broker is late with one after the other; one that stands still with all.
                done = await self._done(sending, lane.left, seconds)
            if done:
                lane.answered_at = self._clock.monotonic()
                self._kept += not outgoing.reply
                return self._read(sending, outgoing.exchange)
        except asyncio.CancelledError:
            sending.cancel()
            raise
        if self._session.broken.done():
            lost = self._session.broken.result()
            return Over(f"the connection was lost: {lost.reason}", lost.blamed)
        if self._clock.monotonic() >= self._silent_since + self._silent_seconds:
            # Not this one alone: only a new connection is certainly without it.
            self._session.break_(LostCause.PUBLISH_TIMEOUT, NOT_IN_TIME)
            return Over("not confirmed in time")
        return Late(sending)

    def _read(self, sending: Sending, exchange: str) -> Ended:
        error = asyncio.CancelledError() if sending.cancelled() else sending.exception()
        if error is None:
            self._silent_since = inf
            return sending.result()
        if isinstance(error, ChannelInvalidStateError):
            return Shut("it was closed before")
        if isinstance(error, AMQPChannelError) and not of_all(error):
            self._silent_since = inf
            return Shut(words_of(error))
        broken = SessionBrokenError.by(channel_cause(error), error)
        broken.why_held = why_held(error, exchange)
        self._session.end(broken)
        blamed = self._session.broken.result().blamed
        return Over(f"{type(error).__name__}: {broken.reason}", blamed)

    async def _done(
        self,
        work: "asyncio.Future[Any]",
        left: "asyncio.Future[None] | None",
        seconds: float,
    ) -> bool:
        """Wait until it is done, not longer than that, the session or its channel's use."""
        either: set[asyncio.Future[Any]] = {work, self._session.broken}
        if left is not None:
            either.add(left)
        while True:
            alarms = self._alarm.number
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return True
            if self._session.broken.done() or (left is not None and left.done()):
                return False
            # The time in which the broker blocks does not count.
            if not await self._alarm.sounds() and alarms == self._alarm.number:
                return False
            self._silent_since = inf
