"""What passes aiormq by, and what it still reads: byte for byte, in any pieces."""

import struct
from types import SimpleNamespace
from typing import Any

import pytest
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import ChannelInvalidStateError

from service.edges.amqp.bounded import MOST_FRAME_BYTES, BoundedReader
from service.edges.amqp.direct import Direct
from service.edges.amqp.frames import Answer, OddFrameError
from tests.world.broker import wire
from tests.world.broker.wire import FRAME_BODY, FRAME_HEADER, FRAME_METHOD

BOUND = 100
ID = wire.encode_properties({"message_id": b"o-1"})


class World:
    """Channel 1 consumes by the tag `ours`, channel 2 publishes; one log of what passes by."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.direct = Direct(BOUND)
        self.consuming, publishing = channel(1), channel(2)
        self.direct.consume(self.consuming, "ours", self._see)
        self.direct.confirm(publishing, self._answered, self._returned)

    def _see(self, delivered: DeliveredMessage) -> None:
        self.log.append(f"{delivered.delivery_tag}: {delivered.body.decode()}")

    def _answered(self, answer: Answer) -> None:
        words = "took" if answer.taken else "refused"
        self.log.append(f"{words} {'all to ' if answer.several else ''}{answer.tag}")

    def _returned(self, message_id: str, reason: str) -> None:
        self.log.append(f"returned {message_id}: {reason}")

    async def read(self, sent: bytes, step: int) -> bytes:
        """What is left for aiormq."""
        reader = BoundedReader(self.direct, BOUND)
        for at in range(0, len(sent), step):
            reader.feed_data(sent[at : at + step])
        reader.feed_eof()
        return await reader.read()


def channel(number: int) -> Any:
    """One that is open."""
    opened: Any = SimpleNamespace(number=number, is_closed=False)
    opened.connection = SimpleNamespace(channels={number: opened})
    return opened


def deliver(number: int = 1, consumer: bytes = b"ours", tag: int = 5) -> bytes:
    """The method of a delivery."""
    names = wire.shortstr(b"orders") + wire.shortstr(b"order.request")
    arguments = wire.shortstr(consumer) + struct.pack(">QB", tag, 0) + names
    return wire.frame(FRAME_METHOD, number, wire.method(60, 60, arguments))


def content(body: bytes, number: int = 1, properties: bytes = ID) -> bytes:
    """Its header and its body, in two frames."""
    header = wire.frame(FRAME_HEADER, number, wire.content_header(len(body), properties))
    return header + b"".join(
        wire.frame(FRAME_BODY, number, part) for part in (body[:2], body[2:]) if part
    )


def method(number: int, kind: int, arguments: bytes, of: int = 60) -> bytes:
    """A method frame."""
    return wire.frame(FRAME_METHOD, number, wire.method(of, kind, arguments))


def confirm(kind: int, tag: int, bits: int = 0) -> bytes:
    """An ack or a nack of the broker's."""
    return method(2, kind, struct.pack(">QB", tag, bits))


RETURN = method(
    2, 50, struct.pack(">H", 312) + wire.shortstr(b"NO_ROUTE") + wire.shortstr(b"e") + b"\x01k"
)
CLOSE = method(1, 40, struct.pack(">H", 404) + wire.shortstr(b"gone") + bytes(4), of=20)
OTHER = method(1, 11, b"", of=60)
HELLO = content(b"hello")
LARGE = wire.content_header(BOUND + 1, ID)
STAND_IN = wire.frame(FRAME_HEADER, 1, struct.pack(">HHQ", 60, 1, 8) + ID) + wire.frame(
    FRAME_BODY, 1, struct.pack(">Q", BOUND + 1)
)
PARTS = wire.frame(FRAME_BODY, 1, b"x" * BOUND) + wire.frame(FRAME_BODY, 1, b"x")
HUGE = wire.frame(FRAME_BODY, 1, b"x" * (MOST_FRAME_BYTES + 1))

TABLE: dict[str, tuple[bytes, list[str], bytes]] = {
    "a delivery": (deliver() + HELLO, ["5: hello"], b""),
    "one without a body": (deliver() + content(b""), ["5: "], b""),
    "of another consumer": (deliver(consumer=b"x") + HELLO, [], deliver(consumer=b"x") + HELLO),
    "on another channel": (deliver(3) + content(b"x", 3), [], deliver(3) + content(b"x", 3)),
    "others between": (
        deliver() + deliver(3) + HELLO + content(b"x", 3),
        ["5: hello"],
        deliver(3) + content(b"x", 3),
    ),
    "never completed": (deliver() + OTHER + HELLO, [], deliver() + OTHER + HELLO),
    "a second before the first is complete": (
        deliver() + deliver() + HELLO,
        [],
        deliver() * 2 + HELLO,
    ),
    "a header of another class": (
        deliver() + wire.frame(FRAME_HEADER, 1, bytes(14)) + deliver() + HELLO,
        ["5: hello"],
        deliver() + wire.frame(FRAME_HEADER, 1, bytes(14)),
    ),
    "too large a body": (
        deliver() + wire.frame(FRAME_HEADER, 1, LARGE) + PARTS,
        [],
        deliver() + STAND_IN,
    ),
    "too large a frame": (deliver() + HELLO[:-11] + HUGE, [], deliver() + HELLO[:-11] + HUGE),
    "a wrong end": (deliver()[:-1] + b"\0" + HELLO, [], deliver()[:-1] + b"\0" + HELLO),
    "behind the channel's end": (CLOSE + deliver() + HELLO, [], CLOSE + deliver() + HELLO),
    "an answer": (confirm(80, 3), ["took 3"], b""),
    "answers": (confirm(80, 3, 1) + confirm(120, 4), ["took all to 3", "refused 4"], b""),
    "a return, and its answer": (
        RETURN + content(b"body", 2) + confirm(80, 3),
        ["returned o-1: 'NO_ROUTE' for routing key 'k'", "took 3"],
        b"",
    ),
    "who publishes is not delivered to": (
        deliver(2) + content(b"x", 2),
        [],
        deliver(2) + content(b"x", 2),
    ),
}


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("step", [1, 7, 1 << 20])
async def test_what_is_as_it_should_be_passes_by(name: str, step: int) -> None:
    """And all else reaches aiormq as it came."""
    sent, log, left = TABLE[name]
    world = World()
    assert await world.read(sent, step) == left
    assert world.log == log


@pytest.mark.parametrize(
    "sent",
    [RETURN + confirm(80, 3), RETURN[:-3] + b"\xff\x00\xce" + content(b"", 2), method(2, 80, b"")],
    ids=["without its message", "unreadable", "no answer"],
)
async def test_an_answer_that_nobody_understands_costs_the_connection(sent: bytes) -> None:
    """A publication that came back would be taken for confirmed."""
    with pytest.raises(OddFrameError):
        await World().read(sent, 1 << 20)


async def test_an_ack_is_written_while_its_channel_is_there() -> None:
    """From the broker's Close on, it would end the connection."""
    world, written = World(), list[bytes]()
    world.direct.write = written.append
    world.direct.ack(world.consuming, 9)
    assert written == [method(1, 80, struct.pack(">QB", 9, 0))]
    world.consuming.connection.channels.clear()
    with pytest.raises(ChannelInvalidStateError):
        world.direct.ack(world.consuming, 10)
    assert len(written) == 1


async def test_a_number_is_another_channels_later() -> None:
    """What is told of the new one is not heard by the old one."""
    world = World()
    world.direct.cancelled(channel(1), "ours")
    assert await world.read(deliver() + HELLO, 1 << 20) == deliver() + HELLO
    assert world.log == []
