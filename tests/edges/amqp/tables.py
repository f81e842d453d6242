"""Header tables of every kind, messages as they come off the wire, and pamqp without our cure."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import pamqp.decode
import pamqp.frame
from aiormq import spec
from aiormq.abc import AbstractChannel, DeliveredMessage
from hypothesis import settings
from hypothesis import strategies as st
from pamqp.header import ContentHeader

from service.core.message import Message, Received
from service.edges.amqp import tolerant
from service.edges.amqp.codec import to_properties, to_received
from tests.world.broker import wire

quick = settings(deadline=None, max_examples=60)
"""How much is tried: the time of an example depends on the machine."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
# Beyond the year 2106 pamqp takes a number for milliseconds.
moments = st.integers(0, 0xFFFFFFFF).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
decimals = st.builds(
    lambda mantissa, scale: Decimal(mantissa).scaleb(-scale),
    st.integers(0, 2**31 - 1),
    st.integers(0, 20),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    texts,
    st.binary(max_size=20),
    moments,
    decimals,
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
tables = st.dictionaries(texts, values, max_size=6)

short_texts = st.none() | texts.filter(bool)
messages = st.builds(
    Message,
    body=st.binary(max_size=50),
    message_id=short_texts,
    correlation_id=short_texts,
    reply_to=short_texts,
    content_type=short_texts,
    content_encoding=short_texts,
    type=short_texts,
    app_id=short_texts,
    timestamp=st.none() | moments,
    headers=tables,
)


def delivered(
    properties: bytes, body: bytes = b"", routing_key: str = "k", exchange: str = "e"
) -> DeliveredMessage:
    """A message off the wire, from its encoded properties."""
    payload = wire.content_header(len(body), properties)
    _, _, header = pamqp.frame.unmarshal(wire.frame(wire.FRAME_HEADER, 1, payload))
    assert isinstance(header, ContentHeader)
    frame = spec.Basic.Deliver(
        "tag", 1, redelivered=False, exchange=exchange, routing_key=routing_key
    )
    # Nobody settles it.
    return DeliveredMessage(frame, header, body, cast("AbstractChannel", None))


def received(properties: bytes, body: bytes = b"", routing_key: str = "k") -> Received:
    """The same as the relay sees it."""
    return to_received(delivered(properties, body, routing_key))


def sent(message: Message) -> bytes:
    """The encoded properties of a message."""
    encoded: bytes = to_properties(message).marshal()
    return encoded


@contextmanager
def pamqp_as_it_is() -> Iterator[None]:
    """Inside the block pamqp decodes with its own functions."""
    decode = pamqp.decode
    decode.METHODS |= {
        "shortstr": decode.short_str,
        "timestamp": decode.timestamp,
        "table": decode.field_table,
    }
    decode.TABLE_MAPPING[b"T"] = decode.timestamp
    try:
        yield
    finally:
        tolerant.install()
