"""What passes aiormq by on a connection: deliveries and confirms in, publishes and acks out.

aiormq opens and closes connections and channels, asks and declares, beats, and reads all that is
odd. It would cost an order as much as all else together: objects, tasks and futures for each frame.
Both write through one writer and are read in the order of the wire, so neither overtakes the other.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import ChannelInvalidStateError
from pamqp.constants import FRAME_BODY, FRAME_HEADER, FRAME_METHOD

from service.edges.amqp import frames
from service.edges.amqp.frames import Answer, OddFrameError, Returned

T = TypeVar("T")
R = TypeVar("R")
See = Callable[[DeliveredMessage], None]


class Confirming(Protocol):
    """Who publishes on a channel."""

    def answer(self, answer: Answer) -> None:
        """The broker took publications, or refused them."""
        ...

    def returned(self, returned: Returned) -> None:
        """It found no queue for one; its answer follows."""
        ...


class UnreadableAnswerError(Exception):
    """Nobody can tell which publication the broker means: a later confirm might be a lie."""


class Direct:
    """The channels of one connection on which something passes aiormq by."""

    def __init__(self, most_body_bytes: float) -> None:
        self.write: Callable[[bytes], None] = _nowhere
        self._most_body_bytes = most_body_bytes
        self._passages: dict[int, _Passage] = {}

    def consume(self, channel: AbstractChannel, tag: str, see: See) -> None:
        """Have `see` called with what comes for this consumer's tag; it may not raise."""
        self._passage(channel).consumers[tag] = see

    def cancelled(self, channel: AbstractChannel, tag: str) -> None:
        """Nothing more comes for it."""
        self._passage(channel).consumers.pop(tag, None)

    def confirm(self, channel: AbstractChannel, confirming: Confirming) -> None:
        """Have it told what the broker says to what is published on the channel."""
        self._passage(channel).confirming = confirming

    def ack(self, channel: AbstractChannel, tag: int) -> None:
        """Ack one delivery; ChannelInvalidStateError where the channel is gone."""
        check(channel)
        self.write(frames.ack(channel.number, tag))

    def has(self, number: int) -> bool:
        """Whether anything passes by on the channel of this number."""
        return number in self._passages

    def take(self, kind: int, number: int, frame: bytes) -> bool:
        """Whether it is done with; else aiormq must have it, behind what `give_back` returns."""
        if not frames.is_whole(frame):
            return False
        passage = self._passages[number]
        if kind != FRAME_METHOD:
            return passage.content(kind, frame, self._most_body_bytes)
        method = frames.method(frame)
        if method in (frames.CLOSE, frames.CLOSE_OK):
            # What comes behind it with this number is of another channel.
            del self._passages[number]
        return passage.method(method, frame)

    def give_back(self, number: int) -> bytes:
        """The frames that were held of a message that is not to be read here."""
        passage = self._passages.get(number)
        return passage.give_back() if passage else b""

    def _passage(self, channel: AbstractChannel) -> "_Passage":
        passage = self._passages.get(channel.number)
        if passage is None or passage.channel is not channel:
            passage = self._passages[channel.number] = _Passage(channel)
        return passage


def check(channel: AbstractChannel) -> None:
    """Raise ChannelInvalidStateError where it is gone.

    From the broker's Close on, a frame more on the channel would end the connection. Nothing may be
    awaited between this and the write.
    """
    if channel.is_closed or channel.connection.channels.get(channel.number) is not channel:
        raise ChannelInvalidStateError("the broker has closed it")


def _nowhere(_: bytes) -> None:
    raise ChannelInvalidStateError("not connected")


def _read(read: Callable[[T], R], written: T) -> R:
    try:
        return read(written)
    except OddFrameError as error:
        raise UnreadableAnswerError from error


class _Passage:
    """What passes by on one channel; `_frames` are those of a message that has not all come."""

    def __init__(self, channel: AbstractChannel) -> None:
        self.consumers: dict[str, See] = {}
        self.confirming: Confirming | None = None
        self.channel = channel
        self._frames: list[bytes] = []
        self._left_bytes = 0

    def method(self, method: int, frame: bytes) -> bool:
        if self._frames:
            return False
        confirming = self.confirming
        match method:
            case frames.ACK | frames.NACK if confirming is not None:
                confirming.answer(_read(frames.answer, frame))
            case frames.RETURN if confirming is not None:
                self._frames.append(frame)
            case frames.DELIVER if self.consumers:
                self._frames.append(frame)
            case _:
                return False
        return True

    def content(self, kind: int, frame: bytes, most_bytes: float) -> bool:
        held = len(self._frames)
        if kind == FRAME_HEADER and held == 1:
            self._left_bytes = frames.body_bytes(frame)
            if self._left_bytes > most_bytes:
                return False
        elif kind == FRAME_BODY and held > 1:
            self._left_bytes -= len(frame) - frames.FRAME_BYTES
        else:
            return False
        if self._left_bytes <= 0:
            return self._whole([*self._frames, frame])
        self._frames.append(frame)
        return True

    def _whole(self, message: list[bytes]) -> bool:
        if self.confirming is not None and frames.method(message[0]) == frames.RETURN:
            self.confirming.returned(_read(frames.returned, message))
        else:
            try:
                delivered = frames.delivered(message, self.channel)
            except OddFrameError:
                return False
            see = self.consumers.get(delivered.consumer_tag or "")
            if see is None:
                return False
            see(delivered)
        self._frames.clear()
        return True

    def give_back(self) -> bytes:
        if self._frames and frames.method(self._frames[0]) == frames.RETURN:
            raise UnreadableAnswerError
        given = b"".join(self._frames)
        self._frames.clear()
        return given
