"""What may be done with a parked message, and what is published for it before it is taken out.

Whatever is published may be published again: a command that is killed between the confirm and the
ack leaves the message parked, and the same command then does the same to it once more.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from service.core.answer import Answer, Problem
from service.core.codes import Code, Status
from service.core.message import HEADER_PREFIX, Publication
from service.core.parked.found import Parked, Standing
from service.core.parked.replaying import (
    Rules,
    derived_id,
    objection,
    replay_again,
    replay_anew,
)
from service.core.record import record
from service.core.reply import build_reply
from service.core.settlement import ANOTHER_ORDER

ANSWERED_BY = HEADER_PREFIX + "answered-by"
ANSWERED_REASON = HEADER_PREFIX + "answered-reason"


@record(frozen=True, slots=True)
class Who:
    """Who acts, and why; both travel with what is published."""

    by: str
    reason: str


@record(frozen=True, slots=True)
class Replay:
    """Send it once more.

    `new_message_id` makes it a new order, `no_order_exists` says that a person made sure.
    `body` takes the place of the message's own.
    """

    new_message_id: bool = False
    no_order_exists: bool = False
    without_deadline: bool = False
    body: bytes | None = None


@record(frozen=True, slots=True)
class Resolve:
    """A person found the order: answer `accepted` with it."""

    order_id: str


@record(frozen=True, slots=True)
class Drop:
    """Nothing comes of it: answer `failed`, where no order exists."""

    no_order_exists: bool = False


Action = Replay | Resolve | Drop


@record(frozen=True, slots=True)
class Planned:
    """Publish these, each confirmed; then take the message out. `told` says it in words."""

    publications: tuple[Publication, ...]
    told: str


@record(frozen=True, slots=True)
class Refused:
    """It stays where it is, and why."""

    why: str


def plan(
    parked: Parked, action: Action, who: Who, rules: Rules, now: datetime
) -> Planned | Refused:
    """What `action` does with `parked`."""
    match action:
        case Replay():
            return _replay(parked, action, who, rules, now)
        case Resolve(order_id):
            return _resolve(parked, order_id, who, now)
        case Drop():
            return _drop(parked, action, who, now)
        case _ as never:  # pragma: no cover
            assert_never(never)


def _replay(
    parked: Parked, action: Replay, who: Who, rules: Rules, now: datetime
) -> Planned | Refused:
    if parked.received.undecodable is not None:
        return Refused("it cannot be written again as it is; its producer must send it anew")
    old_id = _why_not_again(parked, rules, now)
    if not action.new_message_id:
        if action.body is not None:
            return Refused("an edited body is another order: it needs --new-message-id")
        if old_id is not None:
            return Refused(f"{old_id}: if no order exists, --new-message-id --no-order-exists")
        replayed, told = replay_again(parked, rules, now), "replayed under its own id"
    else:
        if not action.no_order_exists:
            return Refused("a new id is a new order: say --no-order-exists once you made sure")
        if old_id is None and action.body is None:
            return Refused("the API still knows its id: without --new-message-id it is safe")
        replayed, told = (
            replay_anew(parked, rules, action.body),
            f"replayed as a new order, {derived_id(parked)}",
        )
    replayed = rules.signed(
        replayed, who.by, who.reason, now, without_deadline=action.without_deadline
    )
    if (why := objection(replayed, rules, now)) is not None:
        return Refused(why)
    return Planned((replayed,), told)


def _why_not_again(parked: Parked, rules: Rules, now: datetime) -> str | None:
    """Why its own id is no longer safe to use; None while the API knows it."""
    if parked.standing is Standing.NEVER_SENT:
        return "its producer was told `rejected`, and may have sent it anew"
    if parked.reason.startswith(ANOTHER_ORDER):
        return "another order has its id"
    if parked.unknown_since is None:
        return "when it was sent first is not known"
    window = timedelta(seconds=rules.policy.idempotency_window_seconds)
    if now + timedelta(seconds=rules.first_wait_seconds) >= parked.unknown_since + window:
        return "the API may have forgotten its id"
    return None


def _resolve(parked: Parked, order_id: str, who: Who, now: datetime) -> Planned | Refused:
    if parked.standing is Standing.NEVER_SENT:
        return Refused("the relay never sent it, and its producer was told `rejected`")
    answer = Answer(Status.ACCEPTED, parked.attempts, _since(parked, now), order_id=order_id)
    return Planned((_reply(parked, answer, who, now),), f"answered accepted, {order_id}")


def _drop(parked: Parked, action: Drop, who: Who, now: datetime) -> Planned | Refused:
    if parked.standing is Standing.NEVER_SENT:
        # `rejected` stands: the same request has one answer.
        return Planned((), "taken out; where it could be answered, it was")
    if not action.no_order_exists:
        return Refused("an order may exist: drop it only with --no-order-exists, or resolve it")
    problem = Problem(Code.DROPPED, f"an operator dropped it: {who.reason}")
    answer = Answer(Status.FAILED, parked.attempts, _since(parked, now), problem=problem)
    return Planned((_reply(parked, answer, who, now),), "answered failed, dropped")


def _reply(parked: Parked, answer: Answer, who: Who, now: datetime) -> Publication:
    reply = build_reply(parked.received, answer, now)
    headers = {**reply.message.headers, ANSWERED_BY: who.by, ANSWERED_REASON: who.reason}
    return replace(reply, message=replace(reply.message, headers=headers))


def _since(parked: Parked, now: datetime) -> datetime:
    return parked.first_seen or parked.parked_at or now
