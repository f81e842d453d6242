"""How a delivery ends: what is published for it, in order, and how it is settled then."""

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from service.core import answer as answers
from service.core.answer import Answer
from service.core.codes import Code
from service.core.copies import parked_copy, retry_copy, salvaged_copy, waiting_copy
from service.core.decision import Finish, Park, RetryLater
from service.core.history import History
from service.core.message import Publication, PublicationKind, Received
from service.core.record import record
from service.core.reply import addressed, build_reply, identified
from service.core.request import Invalid, Request, Undecodable, Unidentified

ANOTHER_ORDER = "another order was sent with this message_id; a new order needs a new one"


class Settlement(StrEnum):
    """How a delivery was settled; the metric label `settlement`."""

    REPLIED = "replied"
    RETRIED = "retried"
    PARKED = "parked"
    DEAD_LETTERED = "dead_lettered"
    RETURNED = "returned"


@record(frozen=True, slots=True)
class Plan:
    """How to end a delivery: publish all `publications`, each confirmed before the next; settle.

    The delivery is acked for REPLIED, RETRIED and PARKED, rejected for DEAD_LETTERED, and requeued
    for RETURNED. `answer` is the final answer to the message, None where it is not over; `reply`
    carries it, and `repeated` says that it was given before.
    """

    settlement: Settlement
    publications: tuple[Publication, ...] = ()
    answer: Answer | None = None
    repeated: bool = False

    @property
    def reply(self) -> Publication | None:
        """The publication to the producer; None where no reply is possible."""
        for each in self.publications:
            if each.kind is PublicationKind.REPLY:
                return each
        return None


REQUEUE = Plan(Settlement.RETURNED)
DEAD_LETTER = Plan(Settlement.DEAD_LETTERED)


def plan_answer(
    received: Received, answer: Answer, now: datetime, *, repeated: bool = False
) -> Plan:
    """Reply, then ack."""
    return Plan(Settlement.REPLIED, (build_reply(received, answer, now),), answer, repeated)


def plan_conflict(received: Received, request: Request, now: datetime) -> Plan:
    """The plan for an order whose message id was seen with another one before."""
    text, history, code = ANOTHER_ORDER, request.history, Code.MESSAGE_ID_CONFLICT
    if history.uncertain:
        # Where the other one was not seen, this one may have been sent.
        final = answers.given_up(code, text, history)
        return _plan_parking(received, final, history, now, tell=True)
    return plan_answer(received, answers.rejected(code, text, history), now)


def plan_ending(
    received: Received, ending: Finish | Park | RetryLater, history: History, now: datetime
) -> Plan:
    """The plan for a decision that ends this delivery."""
    match ending:
        case Finish():
            return plan_answer(received, ending.answer, now)
        case Park():
            return _plan_parking(received, ending.answer, history, now, tell=True)
        case RetryLater():
            copy = retry_copy(received, history, ending.tier_seconds)
            return Plan(Settlement.RETRIED, (copy,))
        case _ as never:  # pragma: no cover
            assert_never(never)


def plan_set_aside(received: Received, wait: RetryLater, history: History) -> Plan:
    """The plan for an order that waits for another one: nothing is counted against it."""
    return Plan(Settlement.RETRIED, (waiting_copy(received, history, wait.tier_seconds),))


def plan_unserved(
    received: Received, unserved: Invalid | Unidentified | Undecodable, now: datetime
) -> Plan:
    """The plan for a delivery that is never sent to the API."""
    history = unserved.history
    match unserved:
        case Invalid() if history.attempts > 0 and history.uncertain:
            # An older version found it valid and sent it: only a person can say what exists.
            final = answers.given_up(unserved.code, unserved.message, history)
            return _plan_parking(received, final, history, now, tell=True)
        case Invalid():
            final = answers.rejected(unserved.code, unserved.message, history)
            return plan_answer(received, final, now)
        case Unidentified():
            final = answers.rejected(unserved.code, unserved.message, history)
            return _plan_parking(received, final, history, now, tell=addressed(received))
        case Undecodable():
            final = answers.rejected(Code.INVALID_MESSAGE, unserved.message, history)
            tell = identified(received) or addressed(received)
            return _plan_moving(received, final, now, tell=tell)
        case _ as never:  # pragma: no cover
            assert_never(never)


def _plan_parking(
    received: Received, answer: Answer, history: History, now: datetime, *, tell: bool
) -> Plan:
    if received.dropped_body_bytes is not None:
        return _plan_moving(received, answer, now, tell=tell)
    # The parked copy goes first: after a crash between the two the order is handled again, and its
    # next reply could contradict one that was published already.
    copy = parked_copy(received, answer, history, now)
    reply = (build_reply(received, answer, now),) if tell else ()
    return Plan(Settlement.PARKED, (copy, *reply), answer)


def _plan_moving(received: Received, answer: Answer, now: datetime, *, tell: bool) -> Plan:
    """Let the broker park what cannot be copied, byte for byte, if that does the broker no harm."""
    reply = (build_reply(received, answer, now),) if tell else ()
    if received.unsafe_to_dead_letter:
        return Plan(Settlement.PARKED, (salvaged_copy(received, answer, now), *reply), answer)
    return Plan(Settlement.DEAD_LETTERED, reply, answer)
