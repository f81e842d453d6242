"""The channels of the publishing connection: those that all share, and one for each doubtful one.

A broker's channel takes one publication after the other, and stands still at a queue without a
leader; another channel of the same connection does not. So replies have a channel, retries and
parked copies another, and whatever is in doubt one of its own. A channel that stands still is left,
not closed: what is unconfirmed on it may be confirmed yet, and may not be sent on it again.
"""

import asyncio
from collections.abc import Callable
from math import inf

from aiormq.abc import AbstractConnection
from aiormq.exceptions import AMQPChannelError, ChannelInvalidStateError

from service.edges.amqp.alarm import Alarm
from service.edges.amqp.attempt import Acked, Ended, Late, Outgoing, Over, Sending, Shut
from service.edges.amqp.connection import Session, SessionBrokenError, channel_cause, expected
from service.edges.amqp.direct import Direct
from service.edges.amqp.faults import words_of
from service.edges.amqp.lane import Lane
from service.edges.amqp.opening import Opening
from service.edges.amqp.refusals import of_all, why_held
from service.flow.deadlines import Deadlines
from service.flow.events.labels import LostCause
from service.flow.ports import Clock

ALONE_SECONDS, ALONE_BESIDE = 0.25, 8
"""After it replies leave a channel that answers none, while so many retries or copies are."""

MOST_APART, MOST_LEFT = 100, 256
MOST_SHARED = 8  # Of each kind: copies of one id that are under way share no channel.
NOT_IN_TIME = "a publish was not confirmed in time"


class Lanes:
    """The channels of one session; they end with it."""

    def __init__(
        self,
        wire: AbstractConnection,
        direct: Direct,
        session: Session,
        alarm: Alarm,
        clock: Clock,
        *,
        late_seconds: float,
        silent_seconds: float,
    ) -> None:
        self._opening = Opening(wire, session, alarm, silent_seconds)
        self._direct = direct
        self._session = session
        self._alarm = alarm
        self._clock = clock
        self._deadlines = Deadlines()
        self._late_seconds, self._silent_seconds = late_seconds, silent_seconds
        self._shared: dict[tuple[bool, int], Lane] = {}
        self._turn = asyncio.Lock()
        self._apart = asyncio.Semaphore(min(MOST_APART, max(1, self._opening.most // 2)))
        self._silent_since, self._kept = inf, 0
        self._lanes: set[Lane] = set()
        self._background: set[asyncio.Future[None]] = set()
        session.broken.add_done_callback(self._on_broken)

    async def open(self) -> None:
        """Open the shared ones; SessionBrokenError where the broker does not."""
        for reply in (True, False):
            await self._shared_lane("", reply)

    def close(self) -> None:
        """Wait for nothing any more."""
        for task in self._background:
            task.cancel()

    async def together(self, outgoing: Outgoing) -> Ended:
        """Publish on the shared channel; one that stands still is left by all that are on it."""
        try:
            while True:
                message_id = outgoing.message.message_id or ""
                lane = self._free_lane(message_id, outgoing.reply)
                lane = lane or await self._shared_lane(message_id, outgoing.reply)
                # Room last: copies of one id that wait for each other must not use it up.
                async with lane.same_id.hold(message_id), lane.room:
                    if lane.left:
                        continue
                    sending = lane.begin(outgoing)
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
                lane = await self._lane()
                exchange = outgoing.exchange
                if earlier and earlier.done and self._read(earlier, exchange) == Acked():
                    self._leave(lane)
                    return Acked()
                sending = lane.begin(outgoing)
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

    def _free_lane(self, message_id: str, reply: bool) -> Lane | None:  # noqa: FBT001 - a key
        """The first open one, where nothing of this id is on it."""
        lane = self._shared.get((reply, 0))
        if lane is None or lane.closed or lane.same_id.users(message_id):
            return None
        return lane

    async def _shared_lane(self, message_id: str, reply: bool) -> Lane:  # noqa: FBT001 - a key
        async with self._turn:
            for number in range(MOST_SHARED):
                lane = self._shared.get((reply, number))
                if lane is None or lane.closed:
                    lane = self._shared[reply, number] = await self._lane()
                if not lane.same_id.users(message_id):
                    return lane
            lanes = (self._shared[reply, number] for number in range(MOST_SHARED))
            return min(lanes, key=lambda lane: lane.same_id.users(message_id))

    async def _lane(self) -> Lane:
        lane = Lane(await self._opening.channel(), self._direct)
        self._lanes.add(lane)
        return lane

    def _on_broken(self, _: "asyncio.Future[SessionBrokenError]") -> None:
        for lane in self._lanes:
            lane.wake()

    def _leave(
        self, lane: Lane, heard: Callable[[], None] | None = None, *, doubted: bool = True
    ) -> None:
        """Send nothing on it any more, and close it when all on it is answered."""
        if doubted and heard is None and lane.left:
            # All that were on it leave it, and one waits for the rest of it.
            return
        if doubted:
            lane.leave()
        if len(self._background) > MOST_LEFT:
            self._session.break_(LostCause.PUBLISH_TIMEOUT, "too many channels stand still")
        task = expected(asyncio.create_task(self._close_when_answered(lane, heard)))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _close_when_answered(self, lane: Lane, heard: Callable[[], None] | None) -> None:
        # Closed before, the broker would answer none of it, and aiormq would close it twice.
        await lane.answered()
        if heard is not None:
            heard()
        self._lanes.discard(lane)
        await lane.channel.close()

    async def _end(self, sending: Sending, lane: Lane, seconds: float, outgoing: Outgoing) -> Ended:
        began, kept = self._clock.monotonic(), self._kept
        self._silent_since = min(self._silent_since, began)
        shared = outgoing.reply and lane in self._shared.values()
        soon = min(seconds, ALONE_SECONDS) if shared else seconds
        done = await self._answered(sending, lane, soon)
        alone = lane.answered_at <= began and self._kept >= kept + ALONE_BESIDE
        if not done and not alone and shared:
            # Perhaps it is the broker that is slow.
            done = await self._answered(sending, lane, seconds - soon)
        if not done and lane.answered_at > began:
            # A busy broker is late with one after the other; one that stands still with all.
            done = await self._answered(sending, lane, seconds)
        if done:
            lane.answered_at = self._clock.monotonic()
            self._kept += not outgoing.reply
            return self._read(sending, outgoing.exchange)
        if self._session.broken.done():
            lost = self._session.broken.result()
            return Over(f"the connection was lost: {lost.reason}", lost.blamed)
        if self._clock.monotonic() >= self._silent_since + self._silent_seconds:
            # Not this one alone: only a new connection is certainly without it.
            self._session.break_(LostCause.PUBLISH_TIMEOUT, NOT_IN_TIME)
            return Over("not confirmed in time")
        return Late(sending)

    def _read(self, sending: Sending, exchange: str) -> Ended:
        if sending.ended is not None:
            self._silent_since = inf
            return sending.ended
        error = sending.error
        if isinstance(error, ChannelInvalidStateError):
            return Shut("it was closed before")
        if isinstance(error, AMQPChannelError) and not of_all(error):
            self._silent_since = inf
            return Shut(words_of(error))
        broken = SessionBrokenError.by(channel_cause(error), error)
        broken.why_held = None if error is None else why_held(error, exchange)
        self._session.end(broken)
        blamed = self._session.broken.result().blamed
        return Over(f"{type(error).__name__}: {broken.reason}", blamed)

    async def _answered(self, sending: Sending, lane: Lane, seconds: float) -> bool:
        """Wait until it is done, not longer than that, the session or its channel's use."""
        while True:
            alarms = self._alarm.number
            if not self._session.broken.done():
                await sending.wait(seconds, self._deadlines)
            if sending.done or self._session.broken.done() or lane.left:
                return sending.done
            if await self._alarm.none_since(alarms):
                return False
            self._silent_since = inf
