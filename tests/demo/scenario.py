"""The messages that the demo sends, as data, and how each must end."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

REQUEST_KEY = "order.request"
# What the API of the demo does not have, and what costs more than there is.
UNKNOWN_SERVICE = 13
TOO_DEAR_SERVICE = 42

Status = Literal["accepted", "rejected", "failed", "unknown"]
Fault = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What the reply must say; `attempts` is the least, and 0 means that the API saw nothing."""

    status: Status
    code: str = ""
    attempts: int = 0
    parked: bool = False
    unrouted: bool = False

    @property
    def order_exists(self) -> bool:
        """Whether the API has an order for it; the demo's unknown ones were placed."""
        return self.status in ("accepted", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to the relay; `fault` is what the API does to the first `times` calls for it.

    `times` None is every call. `undecodable_header` gives it a header that is not UTF-8.
    """

    name: str
    about: str
    body: bytes
    ending: Ending
    message_id: str | None
    correlation_id: str | None = None
    reply_to: str | None = None
    content_type: str | None = "application/json"
    headers: Mapping[str, str | int] = field(default_factory=dict)
    fault: Fault | None = None
    times: int | None = 1
    undecodable_header: bool = False

    @property
    def key(self) -> str:
        """What its reply is recognised by: the correlation id, else the routing key asked for."""
        return self.correlation_id or self.message_id or self.reply_to or ""

    @property
    def routing_key(self) -> str:
        """Where its reply must go."""
        return self.reply_to or f"order.{self.ending.status}"


@dataclass(frozen=True, slots=True)
class Chapter:
    """Messages that are sent together, with what they show."""

    title: str
    text: str
    messages: tuple[Message, ...]


def accepted(attempts: int = 1, *, unrouted: bool = False) -> Ending:
    """The API gave an order id."""
    return Ending(status="accepted", attempts=attempts, unrouted=unrouted)


def rejected(code: str, attempts: int = 0, *, parked: bool = False) -> Ending:
    """The relay (0 attempts) or the API refused it."""
    return Ending(status="rejected", code=code, attempts=attempts, parked=parked)


DEADLINE = "x-order-relay-deadline"
PLAIN: dict[str, object] = {"service": 7, "link": "https://example.com/p/1", "quantity": 100}
SILENT: Fault = {"fault": "hang_before"}
LATE: Fault = {"fault": "hang_after"}
LOST: Fault = {"fault": "reset_after"}
HALF: Fault = {"fault": "broken_json"}
REFUSED: Fault = {"fault": "unauthorized"}


def chapters(now: int) -> tuple[Chapter, ...]:
    """All of them; deadlines are counted from `now`, Unix time in seconds."""
    return (_good(now), _repeated(), _impossible(), _troubled(), _late_and_unheard(now))


def _good(now: int) -> Chapter:
    subscription = {"service": 7, "username": "somebody", "quantity": 100}
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    return Chapter(
        "Good orders",
        "Each is one call of the API, and one reply with the order id.",
        (
            _order("good-1", "a plain order"),
            _order("good-2", "for a username, no link", body=_json(subscription)),
            _order("good-3", "5 runs, 60 minutes apart", changes={"runs": 5, "interval": 60}),
            _order("good-4", "with a coupon", changes={"coupon": "SPRING"}),
            _order("good-5", "a parameter passed on as is", changes={"comments": "first\nsecond"}),
            _order("good-6", "a deadline in an hour", headers={DEADLINE: now + 3600}),
            _order("good-7", "asks for its own reply key", reply_to="demo.good-7"),
            _order("good-8", "with a correlation_id", of="g8"),
            _order("good-9", "part of a trace", headers={"traceparent": trace}),
            _order("good-10", "no content_type", content_type=None),
        ),
    )


def _repeated() -> Chapter:
    other, conflict = {"quantity": 999}, rejected("message_id_conflict")
    return Chapter(
        "Orders sent twice",
        "Producers repeat themselves: they may crash before they note that a message is sent. "
        "The message_id decides. The same order again gets the same order id; another order "
        "under the same message_id is a mistake of the producer, and is not sent.",
        (
            _order("twice", "the first time"),
            _order("twice-b", "the same again", of="twice"),
            _order("twice-c", "and again", of="twice"),
            _order("same-id", "the first under this id"),
            _order("same-id-b", "another order, same id", conflict, of="same-id", changes=other),
        ),
    )


def _impossible() -> Chapter:
    no_quantity = {"service": 7, "link": "https://example.com/p/1"}
    order, envelope = rejected("invalid_order"), rejected("invalid_message")
    damaged = rejected("invalid_message", parked=True)
    no_id = rejected("missing_message_id", parked=True)
    long_id = rejected("message_id_too_long", parked=True)
    not_found = rejected("service_not_found", 1)
    too_dear = rejected("insufficient_balance", 1)
    unknown, dear = {"service": UNKNOWN_SERVICE}, {"service": TOO_DEAR_SERVICE}
    many = {"quantity": 99_999}
    return Chapter(
        "Orders that cannot be placed",
        "Each is answered with a code and what to fix. What breaks a rule never reaches the API. "
        "A message that cannot be identified or read is kept for a person, too.",
        (
            _order("no-quantity", "a field is missing", order, body=_json(no_quantity)),
            _order("text-number", 'quantity is the text "100"', order, changes={"quantity": "100"}),
            _order("ftp-link", "the link is not http(s)", order, changes={"link": "ftp://e.com/1"}),
            _order("own-key", "brings a key of its own", order, changes={"key": "somebody-elses"}),
            _order("bad-json", "the JSON ends too early", envelope, body=_json(PLAIN)[:-1]),
            _order("plain-text", "content_type is text/plain", envelope, content_type="text/plain"),
            _order("no-id", "no message_id", no_id, message_id=None, reply_to="demo.no-id"),
            _order("long-id", "message_id of 129 letters", long_id, of="x" * 129),
            _order("malformed", "a header is not UTF-8", damaged, undecodable_header=True),
            _order("no-service", "the API has no such service", not_found, changes=unknown),
            _order("too-dear", "the balance is too low", too_dear, changes=dear),
            _order("too-many", "more than the service has", rejected("refused", 1), changes=many),
        ),
    )


def _troubled() -> Chapter:
    never = Ending(status="unknown", code="outcome_unknown", attempts=4, parked=True)
    lost: dict[str, Any] = {"fault": LOST, "times": None}
    return Chapter(
        "Orders while the API has a bad day",
        "The API misbehaves for each of these, once or more often. The relay waits as told, or "
        "for a random time that grows, and asks again with the same request_id: an API that has "
        "placed the order already gives the same order id. Short waits happen in the relay, long "
        "ones in a retry queue of the broker. Lines with .. are what the relay says meanwhile.",
        (
            _order("busy-429", "429 with Retry-After: 1", fault=_status(429, retry_after=1)),
            _order("busy-503", "503 with Retry-After: 1", fault=_status(503, retry_after=1)),
            _order("error-500", "500 once", accepted(2), fault=_status(500)),
            _order("error-502", "502 twice", accepted(3), fault=_status(502), times=2),
            _order("timeout", "no answer in time", accepted(2), fault=SILENT),
            _order("late-answer", "placed, no answer in time", accepted(2), fault=LATE),
            _order("lost-answer", "placed, the answer is lost", accepted(2), fault=LOST),
            _order("half-answer", "placed, half an answer", accepted(2), fault=HALF),
            _order("bad-key", "the key is refused once", fault=REFUSED),
            _order("always-lost", "placed, answers always lost", never, **lost),
        ),
    )


def _late_and_unheard(now: int) -> Chapter:
    passed, past = Ending(status="failed", code="deadline_passed"), {DEADLINE: now - 60}
    unrouted, nobody = accepted(unrouted=True), "nobody.listens"
    return Chapter(
        "Too late, and not listened to",
        "An order past its deadline is not sent any more. A reply that no queue is bound for is "
        "kept in the queue orders.unrouted.",
        (
            _order("too-late", "a deadline a minute ago", passed, headers=past),
            _order("unheard", "nobody listens to its reply", unrouted, reply_to=nobody),
        ),
    )


def _order(
    name: str,
    about: str,
    ending: Ending | None = None,
    *,
    of: str | None = None,
    changes: Mapping[str, object] | None = None,
    **parts: Any,
) -> Message:
    """The plain order, changed; its name is its message id, or with another (`of`) to tell it."""
    usual: dict[str, Any] = {
        "message_id": of or name,
        "correlation_id": name if of else None,
        "body": _json({**PLAIN, **(changes or {})}),
        "ending": ending or accepted(),
    }
    return Message(name=name, about=about, **(usual | parts))


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _status(status: int, retry_after: int | None = None) -> Fault:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return {"fault": "status", "status": status, "headers": headers}
