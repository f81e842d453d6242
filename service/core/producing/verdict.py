"""What the relay would say of a message that it gets for the first time, by its very rules."""

import json
from collections.abc import Sequence
from datetime import datetime

from service.core.answer import Answer
from service.core.codes import Status
from service.core.decision import RetryPolicy, give_up
from service.core.message import Publication, Received
from service.core.order import Order
from service.core.producing.advice import Advice
from service.core.reply import build_reply
from service.core.request import Request, parse
from service.core.settlement import Plan, Settlement, plan_ending, plan_unserved

SENT = "sent"
"""The status of a message whose end only the API can say."""


def judge(received: Received, now: datetime) -> Order | Plan:
    """The order that would be sent, or how the delivery would end without that."""
    parsed = parse(received, now)
    if not isinstance(parsed, Request):
        return plan_unserved(received, parsed, now)
    end = give_up(parsed.history, parsed.deadline, RetryPolicy(), now)
    if end is not None:
        return plan_ending(received, end, parsed.history, now)
    return parsed.order


def told(
    received: Received, verdict: Order | Plan, advice: Sequence[Advice], now: datetime
) -> dict[str, object]:
    """The verdict for programs; `parked` says that a person gets the message, too."""
    if isinstance(verdict, Order):
        accepted = Answer(Status.ACCEPTED, 1, now, order_id="...")
        status: dict[str, object] = {"status": SENT, "code": None, "message": None, "parked": False}
        reply: dict[str, object] = {
            "form": verdict.form.decode("ascii"),
            "reply_if_accepted": _shown(build_reply(received, accepted, now)),
        }
    else:
        problem = verdict.answer.problem if verdict.answer else None
        status = {
            "status": str(verdict.answer.status) if verdict.answer else None,
            "code": str(problem.code) if problem else None,
            "message": problem.message if problem else None,
            "parked": verdict.settlement in (Settlement.PARKED, Settlement.DEAD_LETTERED),
        }
        reply = {"reply": None if verdict.reply is None else _shown(verdict.reply)}
    unwise = [{"code": str(each.code), "message": each.message} for each in advice]
    return status | {"advice": unwise} | reply


def _shown(reply: Publication) -> dict[str, object]:
    message = reply.message
    return {
        "routing_key": reply.routing_key,
        "message_id": message.message_id,
        "correlation_id": message.correlation_id,
        "headers": dict(message.headers),
        "body": json.loads(message.body),
    }
