"""Opening the channels that publish, each with a number that was not used lately."""

import asyncio
from typing import Any

from aiormq.abc import AbstractChannel, AbstractConnection

from service.edges.amqp.alarm import Alarm
from service.edges.amqp.connection import Session, SessionBrokenError, channel_cause, expected
from service.flow.events.labels import LostCause

MOST_CHANNELS = 65_535
KEPT = 4
"""Of the numbers that the broker allows, left to aiormq: it takes the one after the highest in use,
and one above the broker's bound would end the connection."""


class Opening:
    """Opens channels of one session; one that is not opened in time breaks it."""

    def __init__(
        self, wire: AbstractConnection, session: Session, alarm: Alarm, silent_seconds: float
    ) -> None:
        self._wire = wire
        self._session = session
        self._alarm = alarm
        self._silent_seconds = silent_seconds
        self._last = 0
        channels = wire.connection_tune.channel_max or MOST_CHANNELS
        self.most = channels - min(KEPT, channels // 4)
        self._room = asyncio.Semaphore(self.most)

    async def channel(self) -> AbstractChannel:
        """A new channel that confirms; SessionBrokenError where the broker opens none."""

        async def open_one() -> AbstractChannel:
            await self._room.acquire()
            try:
                # Chosen at the moment at which aiormq takes it: others open channels, too.
                channel = await self._wire.channel(
                    self._number(), publisher_confirms=True, on_return_raises=True
                )
            except BaseException:
                self._room.release()
                raise
            channel.closing.add_done_callback(lambda _: self._room.release())
            return channel

        opening = expected(asyncio.ensure_future(open_one()))
        try:
            if not await self._done(opening):
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
        numbers = (number % self.most + 1 for number in range(self._last, self._last + self.most))
        self._last = next((n for n in numbers if n not in self._wire.channels), self.most)
        return self._last

    async def _done(self, opening: "asyncio.Future[AbstractChannel]") -> bool:
        """Wait until it is done, not longer than the broker may be silent, or the session."""
        either: set[asyncio.Future[Any]] = {opening, self._session.broken}
        while True:
            alarms, seconds = self._alarm.number, self._silent_seconds
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if opening.done() or self._session.broken.done():
                return opening.done()
            if await self._alarm.none_since(alarms):
                return False
