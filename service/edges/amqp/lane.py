"""One channel that publishes, and what is unconfirmed on it: one at a time for each id."""

import asyncio
from math import inf

from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelInvalidStateError

from service.edges.amqp import frames
from service.edges.amqp.attempt import Acked, Nacked, Outgoing, Sending, Unfit, Unroutable
from service.edges.amqp.codec import UNENCODABLE, encoded_properties
from service.edges.amqp.direct import Direct, check
from service.edges.amqp.frames import CONTENT, FRAME_BYTES, Answer
from service.flow.keyed_lock import KeyedLock

MOST_IN_FLIGHT = 100
"""On one channel: after some 200 that stand still the broker reads nothing from the connection."""

_ACKED, _NACKED = Acked(), Nacked()


class Lane:
    """A channel, and what is unconfirmed on it, by the number that the broker gives it."""

    def __init__(self, channel: AbstractChannel, direct: Direct) -> None:
        self.channel = channel
        self.left = False
        self.answered_at = -inf
        self.sending: dict[int, Sending] = {}
        self._ids: dict[int, str] = {}
        self._last = 0
        self._direct = direct
        self.room = asyncio.Semaphore(MOST_IN_FLIGHT)
        # A returned message is recognised by its message_id: of two in flight on one channel with
        # one id, the wrong one would be reported as confirmed.
        self.same_id = KeyedLock()
        self._empty = asyncio.Event()
        direct.confirm(channel, self._answered, self._returned)
        channel.closing.add_done_callback(self._on_closing)

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent on it any more."""
        return self.left or self.channel.is_closed

    def begin(self, outgoing: Outgoing) -> Sending:
        """Publish it; nothing of one that cannot be sent is."""
        sending, message_id = Sending(), outgoing.message.message_id or ""
        written = self._written(outgoing)
        if isinstance(written, Unfit):
            sending.end(written)
            return sending
        try:
            check(self.channel)
        except ChannelInvalidStateError as error:
            sending.fail(error)
            return sending
        self._last += 1
        self.sending[self._last] = sending
        self._ids[self._last] = message_id
        self._direct.write(written)
        return sending

    def _written(self, outgoing: Outgoing) -> bytes | Unfit:
        message = outgoing.message
        frame_max = self.channel.connection.connection_tune.frame_max
        try:
            properties = encoded_properties(message)
            size = len(properties) + CONTENT.size + FRAME_BYTES
            # A larger header frame would end the connection; the broker says how large it may be.
            if 0 < frame_max < size:
                over = f"properties and headers make a frame of {size} bytes, over {frame_max}"
                return Unfit(over)
            return frames.publish(
                self.channel.number,
                outgoing.exchange,
                outgoing.routing_key,
                properties,
                message.body,
                frame_max,
            )
        except UNENCODABLE as error:
            return Unfit(f"it cannot be encoded: {error}")

    def wake(self) -> None:
        """Have all that wait for the broker look again."""
        for sending in self.sending.values():
            sending.wake()

    def leave(self) -> None:
        """Nothing more is sent on it."""
        self.left = True
        self.wake()

    async def answered(self) -> None:
        """Wait until nothing on it is unconfirmed."""
        while self.sending:
            self._empty.clear()
            await self._empty.wait()

    def _answered(self, answer: Answer) -> None:
        """What the broker says to one, or to all up to it."""
        ended = _ACKED if answer.taken else _NACKED
        if not answer.several:
            self._end(answer.tag, ended)
            return
        for tag in [tag for tag in self.sending if tag <= answer.tag]:
            self._end(tag, ended)

    def _returned(self, message_id: str, reason: str) -> None:
        """One came back; the broker confirms it, too."""
        for tag in [tag for tag, known in self._ids.items() if known == message_id]:
            self._end(tag, Unroutable(f"unroutable: {reason}"))

    def _end(self, tag: int, ended: Acked | Nacked | Unroutable) -> None:
        if (sending := self.sending.pop(tag, None)) is not None:
            del self._ids[tag]
            sending.end(ended)
        if not self.sending:
            self._empty.set()

    def _on_closing(self, closing: "asyncio.Future[object]") -> None:
        error = asyncio.CancelledError() if closing.cancelled() else closing.exception()
        for sending in self.sending.values():
            sending.fail(error or ChannelInvalidStateError("it was closed"))
        self.sending.clear()
        self._empty.set()
