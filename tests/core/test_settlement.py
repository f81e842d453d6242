"""Plans: what is published for a delivery, in which order, and how it is settled then."""

import json
from dataclasses import replace
from typing import Any

import pytest

from service.core.answer import Answer
from service.core.codes import Code, Status
from service.core.decision import RetryLater
from service.core.message import Received
from service.core.request import Invalid, Request, Undecodable, Unidentified
from service.core.settlement import (
    REQUEUE,
    Plan,
    Settlement,
    plan_answer,
    plan_conflict,
    plan_ending,
    plan_unserved,
)
from tests.core.build import (
    FIELDS,
    NOW,
    ago,
    an_answer,
    history,
    message,
    order_of,
    plan_effects,
    received,
    reply_body,
)

PARK, REPLY = (f"{verb} rejected missing_message_id" for verb in ("park", "reply"))
NOBODY: dict[str, Any] = {"message_id": None, "reply_to": None, "correlation_id": None}


def unserved(
    kind: Invalid | Unidentified | Undecodable, to: Received | None = None
) -> tuple[list[str], Plan]:
    """The effects of the plan, and the plan."""
    plan = plan_unserved(to or received(), kind, NOW)
    return plan_effects(plan), plan


def invalid(**changes: Any) -> Invalid:
    """An order that breaks a rule, with this history."""
    return Invalid("o-1", Code.INVALID_ORDER, "quantity: was 0", history(**changes))


def test_an_answer_is_published_and_then_the_delivery_is_acked() -> None:
    """One reply, and the answer for the metrics."""
    answer = an_answer(Status.ACCEPTED)
    plan = plan_answer(received(), answer, NOW)
    assert plan_effects(plan) == ["reply accepted ord_1", "replied"]
    assert plan.answer == answer


def test_a_retry_is_published_and_answers_nobody() -> None:
    """The order is not over."""
    plan = plan_ending(received(), RetryLater(30), history(), NOW)
    assert plan_effects(plan) == ["wait 30 s in a queue", "retried"]
    assert plan.answer is None


def test_giving_back_publishes_nothing() -> None:
    """The broker delivers it again."""
    assert Plan(Settlement.RETURNED) == REQUEUE


@pytest.mark.parametrize(
    "before",
    [
        {},
        {"unknown_since": ago(5)},
        {"attempts": 2},
    ],
    ids=["fresh", "redelivered", "certain-attempts"],
)
def test_an_invalid_order_is_rejected(before: dict[str, Any]) -> None:
    """It never was one that is sent, so that certainly no order exists."""
    done, plan = unserved(invalid(**before))
    assert done == ["reply rejected invalid_order", "replied"]
    assert plan.answer is not None
    assert plan.answer.status is Status.REJECTED
    assert reply_body(plan.publications[0])["error"]["message"] == "quantity: was 0"


def test_an_invalid_order_that_was_sent_before_is_parked() -> None:
    """An older version took it for valid: an order may exist, and only a person can say."""
    done, plan = unserved(invalid(attempts=1, unknown_since=ago(5)))
    assert done == ["park unknown outcome_unknown", "reply unknown outcome_unknown", "parked"]
    text = reply_body(plan.publications[1])["error"]["message"]
    assert text == "quantity: was 0; an order may exist"


def conflict(**changes: Any) -> list[str]:
    """The effects of the plan for an order with this history whose id had another one."""
    request = Request("o-1", order_of(json.dumps(FIELDS)), None, history(**changes))
    return plan_effects(plan_conflict(received(), request, NOW))


def test_another_order_under_a_known_id_is_rejected() -> None:
    """Nobody has sent it."""
    assert conflict() == ["reply rejected message_id_conflict", "replied"]


def test_another_order_that_may_have_been_sent_elsewhere_is_parked() -> None:
    """A process that had not seen the first one may have placed it: `rejected` could be false."""
    done = ["park unknown outcome_unknown", "reply unknown outcome_unknown", "parked"]
    assert conflict(unknown_since=ago(5)) == done


@pytest.mark.parametrize(
    ("changes", "done"),
    [
        (NOBODY | {"reply_to": "shop.results"}, [PARK, REPLY, "parked"]),
        (NOBODY | {"correlation_id": "c-1"}, [PARK, REPLY, "parked"]),
        (NOBODY, [PARK, "parked"]),
    ],
    ids=["reply-to", "correlation-id", "neither"],
)
def test_a_message_without_an_id_is_parked_and_answered_where_it_can_be(
    changes: dict[str, Any], done: list[str]
) -> None:
    """It cannot be an order; the park copy goes first, and the reply is there if anyone is told."""
    missing = Unidentified(Code.MISSING_MESSAGE_ID, "no message_id", history())
    found, plan = unserved(missing, received(message(**changes)))
    assert found == done
    assert (plan.reply is not None) == (len(done) == 3)
    assert plan.answer is not None


def test_a_message_id_that_is_too_long_is_parked_and_answered() -> None:
    """The producer learns which message it was."""
    original = received(message(message_id="x" * 129))
    too_long = Unidentified(Code.MESSAGE_ID_TOO_LONG, "129 characters", history())
    done, plan = unserved(too_long, original)
    code = "rejected message_id_too_long"
    assert done == [f"park {code}", f"reply {code}", "parked"]
    assert plan.publications[1].message.correlation_id == "c-1"


@pytest.mark.parametrize(
    ("changes", "done"),
    [
        ({}, ["reply rejected invalid_message", "dead_lettered"]),
        ({"message_id": "\udcff"}, ["reply rejected invalid_message", "dead_lettered"]),
        (NOBODY, ["dead_lettered"]),
        (dict.fromkeys(NOBODY, "\udcff"), ["dead_lettered"]),
    ],
    ids=["answerable", "undecodable-message-id", "nobody-to-answer", "all-undecodable"],
)
def test_only_the_broker_moves_undecodable_ones(changes: dict[str, Any], done: list[str]) -> None:
    """No copy can be made of it; a producer that can be reached is answered."""
    original = received(message(**changes), undecodable="headers")
    found, plan = unserved(Undecodable("the headers cannot be read", history()), original)
    assert found == done
    assert (plan.reply is not None) == (len(done) == 2)
    assert plan.answer is not None


@pytest.mark.parametrize(
    ("changes", "done"),
    [
        (NOBODY | {"reply_to": "shop.results"}, [REPLY, "dead_lettered"]),
        (NOBODY, ["dead_lettered"]),
    ],
    ids=["reply-to", "nobody-to-answer"],
)
def test_only_the_broker_moves_what_was_too_large_to_be_taken_in(
    changes: dict[str, Any], done: list[str]
) -> None:
    """There is no body to copy."""
    original = replace(received(message(body=b"", **changes)), dropped_body_bytes=70_000)
    missing = Unidentified(Code.MISSING_MESSAGE_ID, "no message_id", history())
    assert unserved(missing, original)[0] == done


def test_a_large_order_that_may_have_been_sent_is_parked_by_the_broker() -> None:
    """Its producer is told that it may exist."""
    original = replace(received(message(body=b"")), dropped_body_bytes=70_000)
    done, _ = unserved(invalid(attempts=1, unknown_since=ago(5)), original)
    assert done == ["reply unknown outcome_unknown", "dead_lettered"]


@pytest.mark.parametrize(
    ("answer", "code", "repeatable"),
    [
        (an_answer(Status.ACCEPTED), "", "repeatable"),
        (an_answer(Status.REJECTED, Code.REFUSED), "refused", "repeatable"),
        (an_answer(Status.UNKNOWN, Code.OUTCOME_UNKNOWN), "outcome_unknown", "asked again"),
        (an_answer(Status.FAILED, Code.TOO_OLD), "too_old", "asked again"),
    ],
    ids=["accepted", "rejected", "unknown", "failed"],
)
def test_which_answers_are_given_again(answer: Answer, code: str, repeatable: str) -> None:
    """Only what is certain for good: a failed order may be sent again, an unknown one is parked."""
    assert answer.code == code
    assert answer.repeatable == (repeatable == "repeatable")
