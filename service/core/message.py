"""What a message is to the relay: body, properties and headers, free of any library's types."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from service.core.record import record

HEADER_PREFIX = "x-order-relay-"
"""Every header of ours begins with this; producers own all other names."""

MOST_RETURNS = 10
"""Deliveries of one message; the broker dead-letters it after 50."""
LONG_SECONDS = 3_600.0
"""An order that ends sooner stays: given back it counts as perhaps sent, and ends as unknown."""


@record(frozen=True, slots=True)
class Message:
    """The content of one AMQP message, as it arrived or as it is to be published.

    `timestamp` is the producer's and has whole seconds. `headers` hold what pamqp decodes to:
    str, int, float, bool, Decimal, datetime, bytes, None, and lists and dicts of these.
    """

    body: bytes
    message_id: str | None = None
    correlation_id: str | None = None
    reply_to: str | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    type: str | None = None
    app_id: str | None = None
    user_id: str | None = None
    timestamp: datetime | None = None
    headers: Mapping[str, object] = field(default_factory=dict)


@record(frozen=True, slots=True)
class Received:
    """A message with the broker's data about its delivery.

    `undecodable` is why the message could not be encoded again byte for byte, or None: such a
    message cannot be published as a copy, only the broker can move it. `unsafe_to_dead_letter`
    says that not even the broker should: a forged `x-death` can end its dead-lettering.
    `dropped_body_bytes` is the size of a body that was too large to be taken in, or None; then
    `message.body` is empty, and only the broker can move the message.
    """

    message: Message
    exchange: str = ""
    routing_key: str = ""
    redelivered: bool = False
    undecodable: str | None = None
    unsafe_to_dead_letter: bool = False
    dropped_body_bytes: int | None = None

    @property
    def body_bytes(self) -> int:
        """The size of the body as it was sent."""
        return self.dropped_body_bytes or len(self.message.body)

    @property
    def returns(self) -> int:
        """How often the broker took it back; on its first delivery the header is the producer's."""
        count = self.message.headers.get("x-delivery-count")
        return count if self.redelivered and isinstance(count, int) else 0

    def may_return(self, seconds_left: float) -> bool:
        """Whether it costs its order nothing to be given back unsent: no certainty, no last try."""
        return seconds_left > LONG_SECONDS and self.returns < MOST_RETURNS


class PublicationKind(StrEnum):
    """Which of the relay's exchanges a publication goes to; also the metric label `kind`."""

    REPLY = "reply"
    RETRY = "retry"
    PARKED = "parked"


@record(frozen=True, slots=True)
class Publication:
    """A message on its way out: the exchange by kind, the routing key, the content."""

    kind: PublicationKind
    routing_key: str
    message: Message
