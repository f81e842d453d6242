"""What is put out of its place in pamqp is still asked there, by pamqp itself and by aiormq."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal

import pamqp.frame
import pytest
from aiormq import spec
from aiormq.connection import FrameReceiver
from aiormq.exceptions import InvalidFrameError
from pamqp.header import ContentHeader

from service.edges.amqp import tolerant
from service.edges.amqp.places import Place, PlaceGoneError
from service.edges.amqp.tolerant import PLACES
from tests.world.broker import wire

FAR_SECONDS = 5_000_000_000
"""In the year 2128: more than 32 bits hold."""
_NO_YEAR = 2**60
_REFUSAL = wire.method(10, 50, struct.pack(">H", 530) + wire.shortstr(b"no") + bytes(4))


@pytest.fixture(autouse=True)
def _installed() -> None:
    tolerant.install()


def _properties(**properties: wire.Raw) -> spec.Basic.Properties:
    """As pamqp reads them from a content header."""
    payload = wire.content_header(0, wire.encode_properties(properties))
    _, _, header = pamqp.frame.unmarshal(wire.frame(wire.FRAME_HEADER, 1, payload))
    assert isinstance(header, ContentHeader)
    return header.properties


def _header(field: bytes) -> object:
    headers = _properties(headers=wire.table([(b"x", field)])).headers
    assert headers is not None
    return headers.get("x")


async def _received(*frames: bytes) -> object:
    """The first frame that aiormq reads of this."""
    reader = asyncio.StreamReader()
    reader.feed_data(b"".join(frames))
    _, _, frame = await FrameReceiver(reader).get_frame()
    return frame


async def _short_string() -> bool:
    return bool(_properties(message_id=b"\xff").message_id)


async def _timestamp() -> bool:
    return _properties(timestamp=_NO_YEAR).timestamp is None


async def _table() -> bool:
    return isinstance(_properties(headers=wire.deep_table(600)).headers, tolerant.UndecodableTable)


async def _far() -> bool:
    moment = _header(wire.timestamp_field(FAR_SECONDS))
    return isinstance(moment, datetime) and moment.timestamp() == FAR_SECONDS


async def _decimal() -> bool:
    return _header(b"D" + struct.pack(">BI", 0, 2**32 - 1)) == Decimal(2**32 - 1)


async def _encoder() -> bool:
    third = spec.Basic.Properties(headers={"x": 1 / 3})
    return struct.pack(">d", 1 / 3) in pamqp.frame.marshal(ContentHeader(0, 0, third), 1)


async def _frame() -> bool:
    try:
        # Else it waits for a GB.
        await asyncio.wait_for(_received(b"HTTP/1.1 400 Bad Request"), 5)
    except InvalidFrameError:
        return True
    return False


async def _refusal() -> bool:
    refusal = await _received(wire.frame(wire.FRAME_METHOD, 0, _REFUSAL))
    return (
        isinstance(refusal, spec.Connection.Close)
        and refusal.name in spec.Connection.Open("nowhere").valid_responses
    )


USED: dict[str, Callable[[], Awaitable[bool]]] = {
    "decode.METHODS['shortstr']": _short_string,
    "decode.METHODS['timestamp']": _timestamp,
    "decode.METHODS['table']": _table,
    "decode.TABLE_MAPPING[b'T']": _far,
    "decode.TABLE_MAPPING[b'D']": _decimal,
    "encode.encode_table_value": _encoder,
    "frame.frame_parts": _frame,
    "commands.Connection.Open.valid_responses": _refusal,
}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_what_is_put_there_is_used(place: Place) -> None:
    """Seen from outside: an upgrade that asks elsewhere fails here, with what it would bring."""
    try:
        used = await USED[place.name]()
    except Exception as error:  # noqa: BLE001 - whatever comes of it, it is the same news
        pytest.fail(f"pamqp does not ask {place.name} any more: {place.without} ({error!r})")
    assert used, f"pamqp does not ask {place.name} any more: {place.without}"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_name_that_is_gone_is_told(place: Place) -> None:
    """With the name, and what would happen without it; nothing is put anywhere."""
    holder: dict[str | bytes, object] = {}
    gone = Place(place.name, holder, place.key, place.ours, place.without)
    with pytest.raises(PlaceGoneError) as raised:
        gone.fill()
    assert str(raised.value) == f"this pamqp has no {place.name}. Without it: {place.without}"
    assert holder == {}
