"""The producer that no client library would let pass."""

from collections.abc import Iterator

import pytest

from tests.world.broker import BrokerError, VirtualHost, wire
from tests.world.broker.raw import Confirm, RawMessage, RawPublisher
from tests.world.broker.wire import Raw


@pytest.fixture
async def queue(vhost: VirtualHost) -> str:
    """A quorum queue in a virtual host of its own."""
    await vhost.declare("q")
    return "q"


@pytest.fixture
def publisher(vhost: VirtualHost, queue: str) -> Iterator[RawPublisher]:
    """An open connection of the producer."""
    with RawPublisher(vhost.url) as publisher:
        yield publisher


HOSTILE_PROPERTIES: dict[str, dict[str, Raw]] = {
    "message_id is not UTF-8": {"message_id": b"\xff\xfe"},
    "correlation_id is not UTF-8": {"correlation_id": b"\xc3\x28"},
    "content_type is not UTF-8": {"content_type": b"\x80"},
    "reply_to is not UTF-8": {"reply_to": b"a\xffb"},
    "app_id is not UTF-8": {"app_id": b"\xed\xa0\x80"},
    "timestamp in nanoseconds": {"timestamp": 1_700_000_000_000_000_000},
    "timestamp is all ones": {"timestamp": 2**64 - 1},
}
HOSTILE_HEADERS = {
    "a key is not UTF-8": wire.table([(b"\xff", wire.integer_field(1))]),
    "600 deep": wire.deep_table(600),
    "a byte array": wire.table([(b"b", wire.binary_field(b"\x00\xff"))]),
    "a timestamp in nanoseconds": wire.table([(b"t", wire.timestamp_field(10**18))]),
}


@pytest.mark.parametrize("properties", HOSTILE_PROPERTIES.values(), ids=HOSTILE_PROPERTIES.keys())
def test_a_hostile_property_arrives(publisher: RawPublisher, properties: dict[str, Raw]) -> None:
    """The broker confirms what clients cannot decode, and hands it out byte for byte."""
    assert publisher.publish(b"", b"q", properties, body=b"body") is Confirm.ACK

    message = _get(publisher)

    # A quorum queue adds the header x-delivery-count.
    received = {name: value for name, value in message.properties.items() if name != "headers"}
    assert received == properties
    assert message.body == b"body"


@pytest.mark.parametrize("headers", HOSTILE_HEADERS.values(), ids=HOSTILE_HEADERS.keys())
def test_hostile_headers_arrive_as_they_were_sent(publisher: RawPublisher, headers: bytes) -> None:
    """The broker confirms tables that clients cannot decode, and hands them out unchanged."""
    assert publisher.publish(b"", b"q", headers=headers) is Confirm.ACK

    received = _get(publisher).properties["headers"]
    assert isinstance(received, bytes)
    # Behind the length, for a quorum queue adds the header x-delivery-count.
    assert headers[4:] in received


def test_an_unroutable_message_is_told_as_returned(publisher: RawPublisher) -> None:
    """A mandatory publish to a queue that does not exist comes back, and then others work."""
    assert publisher.publish(b"", b"nowhere", {"message_id": b"m"}, body=b"x") is Confirm.RETURNED
    assert publisher.publish(b"", b"q", body=b"y") is Confirm.ACK


def test_a_body_larger_than_a_frame_arrives_whole(publisher: RawPublisher) -> None:
    """A body is split over as many frames as it needs."""
    body = bytes(range(256)) * 1_200
    assert publisher.publish(b"", b"q", body=body) is Confirm.ACK

    assert _get(publisher).body == body


def test_what_the_broker_refuses_is_an_error_with_its_words(publisher: RawPublisher) -> None:
    """A publish to an exchange that does not exist closes the channel."""
    with pytest.raises(BrokerError, match=r"404 NOT_FOUND - no exchange 'none'"):
        publisher.publish(b"none", b"q")


def test_a_header_that_is_not_a_header_is_sent_too(publisher: RawPublisher) -> None:
    """The flags promise a value that does not follow, and the broker closes the connection."""
    with pytest.raises(BrokerError, match=r"the broker (closed|dropped)"):
        publisher.publish(b"", b"q", header=b"\x80\x00\xff")


def _get(publisher: RawPublisher) -> RawMessage:
    message = publisher.get(b"q")
    assert message is not None
    return message
