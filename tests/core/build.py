"""What the core takes in, built in a line, and what it gives back, read in a word."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings

from service.core.answer import Answer, Problem
from service.core.body import read_object
from service.core.codes import Code, Status
from service.core.decision import Decision, Hold, RetryHere, RetryPolicy, decide
from service.core.history import History
from service.core.message import Message, Publication, PublicationKind, Received
from service.core.order import InvalidOrderError, Order, build_order
from service.core.outcome import Answered, ApiResult, classify
from service.core.settlement import Plan, plan_ending

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
POLICY = RetryPolicy()

FIELDS: dict[str, object] = {"service": 7, "link": "https://example.com/p", "quantity": 1000}
FORM = b"action=add&service=7&link=https%3A%2F%2Fexample.com%2Fp&quantity=1000&request_id=o-1"

REQUEST = Message(
    body=json.dumps(FIELDS).encode(),
    message_id="o-1",
    correlation_id="c-1",
    reply_to="shop.results",
    content_type="application/json",
)

# Machines that do other work meanwhile break hypothesis's time limit for one example.
examples = settings(max_examples=40, deadline=None)
many_examples = settings(max_examples=150, deadline=None)


def ago(seconds: float) -> datetime:
    """The moment this many seconds before now."""
    return NOW - timedelta(seconds=seconds)


def ahead(seconds: float) -> datetime:
    """The moment this many seconds after now."""
    return NOW + timedelta(seconds=seconds)


def message(**changes: Any) -> Message:
    """A good request, with these attributes changed."""
    return replace(REQUEST, **changes)


def received(
    content: Message = REQUEST, *, redelivered: bool = False, undecodable: str | None = None
) -> Received:
    """The message as the broker hands it out."""
    return Received(content, "orders", "order.request", redelivered, undecodable)


def waited(content: Message = REQUEST, *, redelivered: bool = False) -> Received:
    """The message as the broker hands it out after it waited in a retry queue of ours."""
    headers = {**content.headers, "x-death": [{"queue": "orders.retry.5", "count": 1}]}
    return Received(replace(content, headers=headers), "", "orders.requests", redelivered)


def history(**changes: Any) -> History:
    """The history of an order that was first seen now, with these attributes changed."""
    return replace(History(first_seen=NOW), **changes)


def an_answer(status: Status, code: Code | None = None, text: str = "why") -> Answer:
    """A final word with this status, and this code where it is no acceptance."""
    if code is None:
        return Answer(status, 1, NOW, order_id="ord_1")
    return Answer(status, 1, NOW, problem=Problem(code, text))


def answered(
    status: int, content: object = b"", retry_after: str | None = None, date: str | None = None
) -> Answered:
    """A whole answer of the API; what is not bytes becomes JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Answered(status, body, retry_after, date)


def order_of(text: str, request_id: str = "o-1") -> Order:
    """The order in this JSON text."""
    return build_order(read_object(text.encode()), request_id)


def problems_of(text: str) -> str:
    """What is wrong with the order in this JSON text; nothing for a good one."""
    try:
        order_of(text)
    except InvalidOrderError as error:
        return str(error)
    return ""


def json_with(name: str, literal: str) -> str:
    """A good order's JSON text, with this field set to this literal."""
    others = {key: value for key, value in FIELDS.items() if key != name}
    return f"{json.dumps(others)[:-1]}, {json.dumps(name)}: {literal}}}"


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under what an attempt is judged; a jitter of 0.9 waits 4.5 s after one earlier wait."""

    deadline: datetime | None = None
    policy: RetryPolicy = POLICY
    now: datetime = NOW
    jitter: float = 0.9


NORMAL = Conditions()


def judge(
    result: ApiResult, before: History, under: Conditions = NORMAL
) -> tuple[Decision, History]:
    """What is decided on this result of an attempt that was sent a second ago, and the history."""
    outcome = classify(result, under.now)
    after = before.after(outcome, under.now - timedelta(seconds=1))
    decision = decide(outcome, after, under.deadline, under.policy, under.now, under.jitter)
    return decision, after


def effects(decision: Decision, after: History, to: Received | None = None) -> list[str]:
    """What the decision does, in order: `["park unknown outcome_unknown", ..., "parked"]`."""
    match decision:
        case Hold():
            return ["hold"]
        case RetryHere():
            return [f"wait {decision.seconds:g} s here"]
        case _:
            return plan_effects(plan_ending(to or received(), decision, after, NOW))


def plan_effects(plan: Plan) -> list[str]:
    """What the plan publishes, in order, and how the delivery is settled then."""
    return [*map(_effect, plan.publications), str(plan.settlement)]


def reply_body(publication: Publication) -> Any:
    """The reply's JSON."""
    return json.loads(publication.message.body)


def _effect(publication: Publication) -> str:
    match publication.kind:
        case PublicationKind.REPLY:
            body = reply_body(publication)
            code = body["error"]["code"] if "error" in body else body["order"]
            return f"reply {body['status']} {code}"
        case PublicationKind.RETRY:
            return f"wait {publication.routing_key} s in a queue"
        case PublicationKind.PARKED:
            headers = publication.message.headers
            status = headers["x-order-relay-parked-status"]
            return f"park {status} {headers['x-order-relay-parked-code']}"
