"""Messages that a client library cannot decode, and what the relay makes of each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.flow.fakes import GOOD_BODY
from tests.world.broker import wire
from tests.world.broker.raw import Confirm, RawPublisher
from tests.world.broker.wire import Raw

BODY = json.dumps(GOOD_BODY).encode()
BASE: Mapping[str, Raw] = {
    "message_id": b"bad-1",
    "correlation_id": b"c-1",
    "reply_to": b"who",
    "app_id": b"shop",
    "delivery_mode": 2,
}


@dataclass(frozen=True)
class Hostile:
    """A message that must be parked as it is, and the correlation and key of its reply."""

    name: str
    properties: Mapping[str, Raw] = field(default_factory=dict)
    headers: bytes | None = None
    routing_key: bytes = b"order.request"
    correlation_id: str = "c-1"
    reply_key: str = "who"

    @property
    def sent(self) -> dict[str, Raw]:
        """All properties but the headers."""
        return {**BASE, **self.properties}

    def publish(self, producer: RawPublisher) -> None:
        """Hand it to the exchange for orders."""
        confirm = producer.publish(
            b"orders", self.routing_key, self.sent, headers=self.headers, body=BODY
        )
        assert confirm is Confirm.ACK


HOSTILE = (
    Hostile("message_id", {"message_id": b"\xff\xfe"}),
    Hostile("correlation_id", {"correlation_id": b"\xc3\x28"}, correlation_id="bad-1"),
    Hostile("content_type", {"content_type": b"\x80"}),
    Hostile("reply_to", {"reply_to": b"a\xffb"}, reply_key="order.rejected"),
    Hostile("app_id", {"app_id": b"\xed\xa0\x80"}),
    Hostile("type", {"type": b"\xfe"}),
    Hostile("content_encoding", {"content_encoding": b"\xfe"}),
    Hostile("routing key", routing_key=b"\xff.\xfe"),
    Hostile("header key", headers=wire.table([(b"\xff", wire.integer_field(1))])),
    Hostile("header 600 deep", headers=wire.deep_table(600)),
    Hostile("header 1500 deep", headers=wire.deep_table(1500)),
    Hostile("long header key", headers=wire.table([(b"k" * 129, wire.integer_field(1))])),
)

OUT_OF_RANGE = {
    "milliseconds": 1_700_000_000_000,
    "microseconds": 1_700_000_000_000_000,
    "nanoseconds": 1_700_000_000_000_000_000,
    "all ones": 2**64 - 1,
}
