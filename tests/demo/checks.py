"""Whether everything ended as it had to: every message, the ledger, and what was kept."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.demo.mail import Parked, Reply
from tests.demo.scenario import Message

REPLY_TYPE = "order.reply.v1"


@dataclass(frozen=True, slots=True)
class Ended:
    """A message and the reply to it."""

    message: Message
    reply: Reply
    seconds: float

    @property
    def attempts(self) -> int:
        """How often the API was asked, as the reply says."""
        return int(self.reply.body.get("attempts", -1))

    def problems(self) -> list[str]:
        """What is not as it must be."""
        ending, reply = self.message.ending, self.reply
        expected = {
            "status": (ending.status, reply.status),
            "code": (ending.code, reply.code),
            "message_id": (self.message.message_id or "", reply.message_id or ""),
            "request_id": (self.message.message_id, reply.body.get("request_id")),
            "type": (REPLY_TYPE, reply.type),
            "routing key": (self.message.routing_key, reply.routing_key),
            "unrouted": (ending.unrouted, reply.unrouted),
        }
        found = [
            f"{self.message.name}: {what} is {got!r}, not {wanted!r}"
            for what, (wanted, got) in expected.items()
            if wanted != got
        ]
        # A slow machine may make a call too late, and cost an attempt more.
        enough = self.attempts >= ending.attempts if ending.attempts else self.attempts == 0
        if not enough:
            found.append(f"{self.message.name}: {self.attempts} attempts, not {ending.attempts}")
        return found


def ledger_problems(ended: Iterable[Ended], ledger: Mapping[str, Any]) -> Iterator[str]:
    """Each order that exists twice, is missing, should not be there or has another id."""
    ended = list(ended)
    expected = {e.message.message_id for e in ended if e.message.ending.order_exists}
    sent = {e.message.message_id for e in ended if e.message.ending.attempts}
    entries = ledger["by_request_id"]
    for name in sorted(expected - entries.keys(), key=str):
        yield f"{name}: the API knows nothing of it"
    for name, entry in entries.items():
        if name not in sent:
            yield f"{name}: the API was asked for it"
        if entry["orders"] != (name in expected):
            yield f"{name}: {entry['orders']} orders exist"
    for e in ended:
        answer = str((entries.get(e.message.message_id) or {}).get("answer"))
        if e.reply.order and f'"{e.reply.order}"' not in answer:
            yield f"{e.message.name}: its order {e.reply.order} is not the one in the ledger"
    if ledger["orders"] != len(expected):
        yield f"the ledger has {ledger['orders']} orders, not {len(expected)}"


def kept_problems(ended: Iterable[Ended], parked: Iterable[Parked]) -> Iterator[str]:
    """What is parked and should not be, or the other way round."""
    expected = Counter(e.message.key for e in ended if e.message.ending.parked)
    found = Counter(each.name for each in parked)
    for name in sorted((expected - found).keys()):
        yield f"{name}: is not parked"
    for name in sorted((found - expected).keys()):
        yield f"{name}: is parked"


def metrics_problems(ended: Iterable[Ended], totals: Mapping[str, float]) -> Iterator[str]:
    """Where the relay's own counts contradict what arrived."""
    replies, counted = len(list(ended)), totals["order_relay_replies_total"]
    if counted != replies:
        yield f"the metrics say {counted:g} replies, and {replies} arrived"
    deliveries, settled = (
        totals["order_relay_deliveries_total"],
        totals["order_relay_settled_total"],
    )
    if deliveries != settled:
        yield f"{deliveries:g} messages were delivered, and {settled:g} settled"
