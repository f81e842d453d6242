"""What passes aiormq by on a connection: deliveries and confirms in, publishes and acks out.

aiormq opens and closes connections and channels, asks and declares, beats, and reads all that is
odd. It would cost an order as much as all else together: objects, tasks and futures for each frame.
Both write through one writer and are read in the order of the wire, so neither overtakes the other.
"""

from collections.abc import Callable

from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import ChannelInvalidStateError
from pamqp.constants import FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD

from service.edges.amqp import frames
from service.edges.amqp.frames import Answer, OddFrameError

See = Callable[[DeliveredMessage], None]
Answered = Callable[[Answer], None]
CameBack = Callable[[str, str], None]


class Direct:
    """The channels of one connection on which something passes aiormq by."""

    write: Callable[[bytes], None]

    def __init__(self, most_body_bytes: float) -> None:
        self.passages: dict[int, Passage] = {}
        self._most_body_bytes = most_body_bytes

    def consume(self, channel: AbstractChannel, tag: str, see: See) -> None:
        """Have `see` called with what comes for this consumer's tag; it may not raise."""
        self._passage(channel).consumers[tag] = see

    def cancelled(self, channel: AbstractChannel, tag: str) -> None:
        """Nothing more comes for it."""
        self._passage(channel).consumers.pop(tag, None)

    def confirm(self, channel: AbstractChannel, answered: Answered, returned: CameBack) -> None:
        """Have these called with what the broker says to what is published on the channel."""
        self._passage(channel).publisher = (answered, returned)

    def ack(self, channel: AbstractChannel, tag: int) -> None:
        """Ack one delivery; ChannelInvalidStateError where the channel is gone."""
        check(channel)
        self.write(frames.ack(channel.number, tag))

    def _passage(self, channel: AbstractChannel) -> "Passage":
        passage = self.passages.get(channel.number)
        if passage is None or passage.channel is not channel:
            passage = self.passages[channel.number] = Passage(channel, self._most_body_bytes)
        return passage


def check(channel: AbstractChannel) -> None:
    """Raise ChannelInvalidStateError where it is gone.

    From the broker's Close on, a frame more on the channel would end the connection. Nothing may be
    awaited between this and the write.
    """
    if channel.is_closed or channel.connection.channels.get(channel.number) is not channel:
        raise ChannelInvalidStateError("the broker has closed it")


class Passage:
    """What passes by on one channel until it is `over`: then its number is another channel's."""

    def __init__(self, channel: AbstractChannel, most_body_bytes: float) -> None:
        self.channel = channel
        self.consumers: dict[str, See] = {}
        self.publisher: tuple[Answered, CameBack] | None = None
        self.over = False
        self._most_body_bytes = most_body_bytes
        # Of a message that has not all come.
        self._frames: list[bytes] = []
        self._left_bytes = 0

    def take(self, kind: int, frame: bytes) -> bool:
        """Whether it is done with; else aiormq must have it, behind what `give_back` returns."""
        if frame[-1] != FRAME_END:
            return False
        if kind == FRAME_METHOD:
            return self._method(frames.method(frame), frame)
        if kind == FRAME_HEADER and len(self._frames) == 1:
            self._left_bytes = frames.body_bytes(frame)
            if self._left_bytes > self._most_body_bytes:
                return False
        elif kind == FRAME_BODY and len(self._frames) > 1:
            self._left_bytes -= len(frame) - frames.FRAME_BYTES
        else:
            return False
        if self._left_bytes <= 0:
            return self._whole([*self._frames, frame])
        self._frames.append(frame)
        return True

    def give_back(self) -> bytes:
        """The frames that were held of a message that is not to be read here."""
        if self._frames and not self.over and frames.method(self._frames[0]) == frames.RETURN:
            # Unheard, its confirm would be a lie.
            raise OddFrameError
        given = b"".join(self._frames)
        self._frames.clear()
        return given

    def _method(self, method: int, frame: bytes) -> bool:
        if method in (frames.CLOSE, frames.CLOSE_OK):
            self.over = True
            return False
        if self._frames:
            return False
        match method:
            case frames.ACK | frames.NACK if self.publisher is not None:
                self.publisher[0](frames.answer(frame))
            case frames.RETURN if self.publisher is not None:
                self._frames.append(frame)
            case frames.DELIVER if self.consumers:
                self._frames.append(frame)
            case _:
                return False
        return True

    def _whole(self, message: list[bytes]) -> bool:
        if self.publisher is not None and frames.method(message[0]) == frames.RETURN:
            self.publisher[1](*frames.returned(message))
        else:
            try:
                delivered = frames.delivered(message, self.channel)
                see = self.consumers[delivered.consumer_tag or ""]
            except (OddFrameError, KeyError):
                return False
            see(delivered)
        self._frames.clear()
        return True
