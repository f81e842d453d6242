"""Deliveries that are taken off the wire before aiormq sees them."""

import asyncio
from typing import cast

import pytest
from aiormq import spec
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import InvalidFrameError
from hypothesis import given
from hypothesis import strategies as st
from pamqp.body import ContentBody
from pamqp.frame import FrameTypes, marshal
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from service.edges.amqp.straight import StraightReader
from tests.edges.amqp.tables import quick

HEARTBEAT = Heartbeat.marshal()
CHANNEL = cast("AbstractChannel", object())


def frames(number: int, *each: FrameTypes) -> bytes:
    """These frames on this channel, as they are on the wire."""
    return b"".join(marshal(one, number) for one in each)


def delivery(number: int, *parts: bytes, size: int | None = None) -> bytes:
    """A delivery whose body comes in so many frames."""
    properties = spec.Basic.Properties(message_id="o-1", headers={"k": "v"})
    whole = sum(map(len, parts)) if size is None else size
    return frames(
        number,
        spec.Basic.Deliver("tag", 7, redelivered=True, exchange="orders", routing_key="key"),
        ContentHeader(0, whole, properties),
        *map(ContentBody, parts),
    )


GOT = frames(
    1,
    spec.Basic.GetOk(3, redelivered=False, routing_key="key", message_count=0),
    ContentHeader(0, 2, spec.Basic.Properties()),
    ContentBody(b"{}"),
)
CLOSE = frames(1, spec.Channel.Close(404, "gone", 0, 0))
OTHERS = [HEARTBEAT, GOT, CLOSE, delivery(2, b"another's"), frames(1, spec.Basic.QosOk())]


class Pieces(asyncio.StreamReader):
    """A wire on which so many bytes come at a time."""

    def __init__(self, sent: bytes, step: int) -> None:
        super().__init__()
        self._step = step
        self.feed_data(sent)
        self.feed_eof()

    async def read(self, n: int = -1) -> bytes:
        """At most so many as come at a time."""
        return await super().read(min(n, self._step))


async def read(sent: bytes, step: int = 1 << 20) -> tuple[list[DeliveredMessage], bytes]:
    """What is taken of channel 1, and what is left for aiormq."""
    taken: list[DeliveredMessage] = []
    reader = StraightReader(Pieces(sent, step), {1: (CHANNEL, taken.append)})
    with pytest.raises(asyncio.IncompleteReadError) as error:
        await reader.readexactly(1 << 20)
    return taken, error.value.partial


@quick
@given(st.lists(st.sampled_from([b"", *OTHERS])), st.integers(1, 60))
def test_deliveries_are_taken_and_all_else_is_left(others: list[bytes], step: int) -> None:
    """In order, whatever comes between them, in pieces of any size."""
    sent = b"".join(one + delivery(1, b"ab" * number, b"!") for number, one in enumerate(others))
    taken, left = asyncio.run(read(sent, step))
    assert [one.body for one in taken] == [b"ab" * number + b"!" for number in range(len(others))]
    assert left.replace(HEARTBEAT, b"") == b"".join(others).replace(HEARTBEAT, b"")


async def test_a_delivery_is_what_aiormq_makes_of_it() -> None:
    """Its tag, where it was published, its properties and its channel; also one without a body."""
    ((one, empty), left) = await read(delivery(1, b"{}") + delivery(1))
    assert isinstance(one.delivery, spec.Basic.Deliver)
    assert (one.delivery.delivery_tag, one.delivery.redelivered) == (7, True)
    assert (one.delivery.exchange, one.delivery.routing_key) == ("orders", "key")
    assert one.header.properties.message_id == "o-1"
    assert one.header.properties.headers == {"k": "v"}
    assert one.channel is CHANNEL
    assert empty.body == b""
    # Else aiormq would take the connection for dead.
    assert left == HEARTBEAT


async def test_a_delivery_that_its_channel_ends_with_is_none() -> None:
    """The end is aiormq's to see."""
    cut = delivery(1, b"half", size=8)
    assert await read(cut + CLOSE + delivery(2, b"x")) == ([], CLOSE + delivery(2, b"x"))


@pytest.mark.parametrize(
    "sent",
    [delivery(1, b"{}")[:-1] + b"\x00", b"\x01\x00\x01\x00\x00\x00\x04\x00\x3c\x00\x3c\xce"],
    ids=["a body without its last byte", "a delivery without its arguments"],
)
async def test_what_is_no_frame_ends_the_connection(sent: bytes) -> None:
    """As aiormq says it."""
    with pytest.raises(InvalidFrameError):
        await read(sent)


async def test_a_frame_without_an_end_is_not_kept() -> None:
    """What another server writes may read as the head of a frame of a gigabyte."""
    text = b"HTTP/1.1 400 Bad Request\r\n"
    assert await read(text) == ([], text)
