"""Messages that no client library sends or reads: byte for byte."""

from collections.abc import Mapping
from dataclasses import dataclass

from pamqp import decode

from tests.demo.errors import DemoError
from tests.demo.scenario import REQUEST_KEY, Message
from tests.world.broker import wire
from tests.world.broker.raw import Confirm, RawPublisher

PARKED = b"orders.parked"
NOT_UTF_8 = (b"caf\xe9", wire.text_field(b"latin-1"))
REASON = "x-order-relay-parked-reason"


@dataclass(frozen=True, slots=True)
class Parked:
    """A copy of a message that waits for a person, and why it does."""

    name: str
    why: str


def send_raw(url: str, message: Message) -> None:
    """Publishes the message with nothing added to it; DemoError if the broker does not take it."""
    texts = {
        "message_id": message.message_id,
        "correlation_id": message.correlation_id,
        "reply_to": message.reply_to,
        "content_type": message.content_type,
    }
    properties: dict[str, wire.Raw] = {k: v.encode() for k, v in texts.items() if v is not None}
    headers = wire.table([NOT_UTF_8]) if message.undecodable_header else None
    with RawPublisher(url) as publisher:
        confirm = publisher.publish(
            b"orders",
            REQUEST_KEY.encode(),
            properties | {"delivery_mode": 2},
            headers,
            message.body,
        )
    if confirm is not Confirm.ACK:
        error = f"the broker did not take {message.name}: {confirm.value}"
        raise DemoError(error)


def take_parked(url: str) -> list[Parked]:
    """All that lies in the parked queue now, taken out of it."""
    found = []
    with RawPublisher(url) as reader:
        while (message := reader.get(PARKED)) is not None:
            found.append(Parked(_name(message.properties), _why(message.properties)))
    return found


def _name(properties: Mapping[str, wire.Raw]) -> str:
    for name in ("correlation_id", "reply_to", "message_id"):
        if isinstance(value := properties.get(name), bytes):
            return value.decode(errors="replace")
    return "?"


def _why(properties: Mapping[str, wire.Raw]) -> str:
    encoded = properties.get("headers", b"")
    try:
        headers = decode.field_table(encoded if isinstance(encoded, bytes) else b"")[1]
    except ValueError:
        return "cannot be read, so the broker moved it here as it was"
    return str(headers.get(REASON, "moved here by the broker"))
