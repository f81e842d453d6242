"""What may be done with a parked message, and what is published for it."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.codes import Code
from service.core.decision import give_up
from service.core.history import ATTEMPTS, ATTEMPTS_BEFORE, REPLAYED_AT, SUSPICIONS, UNKNOWN_SINCE
from service.core.message import PublicationKind, Received
from service.core.parked.acting import (
    ANSWERED_BY,
    ANSWERED_REASON,
    Action,
    Drop,
    Planned,
    Replay,
    Resolve,
)
from service.core.parked.found import Parked
from service.core.parked.replaying import REPLACED_ID, REPLAYED_BY, REPLAYED_REASON, derived_id
from service.core.request import DEADLINE, Request, parse
from service.core.settlement import ANOTHER_ORDER
from service.core.times import to_rfc3339
from tests.core.build import FIELDS, NOW, POLICY, ago, ahead, examples, reply_body
from tests.core.parked.build import dead, done, published, refusal, rejected, unknown

SURE = Replay(new_message_id=True, no_order_exists=True)
EDITED = json.dumps({**FIELDS, "quantity": 5}).encode()
WINDOW = POLICY.idempotency_window_seconds
OLD = unknown(since_seconds=WINDOW)


@pytest.mark.parametrize(
    ("parked", "action", "why"),
    [
        (unknown(), Replay(), ""),
        (unknown(since_seconds=WINDOW - 2), Replay(), ""),
        (unknown(since_seconds=WINDOW - 1), Replay(), "the API may have forgotten its id"),
        (OLD, Replay(), "the API may have forgotten its id"),
        (OLD, replace(SURE, no_order_exists=False), "say --no-order-exists"),
        (OLD, SURE, ""),
        (unknown(), SURE, "without --new-message-id it is safe"),
        (unknown(), Replay(body=EDITED), "it needs --new-message-id"),
        (unknown(), replace(SURE, body=EDITED), ""),
        (unknown(), replace(SURE, body=b"{}"), "the relay would not send it"),
        (unknown(text=f"{ANOTHER_ORDER}; an order may exist"), Replay(), "another order has its"),
        (unknown(headers={DEADLINE: ago(5)}), Replay(), "may exist; see --without-deadline"),
        (unknown(headers={DEADLINE: ago(5)}), Replay(without_deadline=True), ""),
        (unknown(headers={DEADLINE: ahead(60)}), Replay(), ""),
        (rejected(), Replay(), "its producer was told `rejected`"),
        (rejected(), SURE, ""),
        (dead(), Replay(), "when it was sent first is not known"),
        (dead(), SURE, ""),
        (dead(timestamp=ago(60)), Replay(), ""),
        (dead(timestamp=ago(WINDOW)), Replay(), "the API may have forgotten its id"),
        (dead("rejected", "not UTF-8"), SURE, "it cannot be written again"),
        (unknown(), Resolve("ord_1"), ""),
        (dead(), Resolve("ord_1"), ""),
        (rejected(), Resolve("ord_1"), "the relay never sent it"),
        (unknown(), Drop(), "drop it only with --no-order-exists"),
        (dead(), Drop(), "drop it only with --no-order-exists"),
        (unknown(), Drop(no_order_exists=True), ""),
        (rejected(), Drop(), ""),
    ],
)
def test_what_is_allowed(parked: Parked, action: Action, why: str) -> None:
    """And why the rest is not."""
    said = refusal(parked, action)
    assert why in said
    assert bool(why) is bool(said)


def _as_the_relay_reads(parked: Parked, action: Replay) -> Request:
    message = published(parked, action).message
    headers = {**message.headers, "x-death": [{"queue": "orders.retry.1"}]}
    back = Received(replace(message, headers=headers), "", "orders.requests")
    request = parse(back, ahead(1))
    assert isinstance(request, Request)
    return request


def test_a_replay_is_uncertain_still_and_has_all_its_attempts_again() -> None:
    """Its reply counts all; its age and its bounds begin anew, the API's memory does not."""
    request = _as_the_relay_reads(unknown(since_seconds=86_000), Replay())
    history = request.history
    assert (history.attempts, history.counted_attempts, history.retries) == (12, 0, 0)
    assert (history.unknown_since, history.tried_since) == (ago(86_000), NOW)
    assert give_up(history, None, POLICY, ahead(1)) is None
    assert give_up(history, None, POLICY, ahead(400)) is not None


def test_a_replay_says_who_when_and_why() -> None:
    """Beside the history; what the parking added is gone, and so are old suspicions."""
    headers = published(unknown(headers={SUSPICIONS: 4, "mine": 1}), Replay()).message.headers
    assert headers[REPLAYED_BY] == "somebody"
    assert headers[REPLAYED_REASON] == "the API was down"
    assert headers[REPLAYED_AT] == to_rfc3339(NOW)
    assert (headers[ATTEMPTS], headers[ATTEMPTS_BEFORE], headers["mine"]) == (12, 12, 1)
    assert SUSPICIONS not in headers
    assert not any("parked" in name for name in headers)


def test_on_what_the_broker_moved_a_senders_words_do_not_count() -> None:
    """Only its deadline is its own."""
    forged = {ATTEMPTS: 5, "x-order-relay-anything": 1, DEADLINE: ahead(60)}
    headers = published(dead(timestamp=ago(60), headers=forged), Replay()).message.headers
    assert "x-order-relay-anything" not in headers
    assert "x-death" not in headers
    assert (headers[DEADLINE], headers[UNKNOWN_SINCE]) == (ahead(60), to_rfc3339(ago(60)))


def test_a_new_order_has_no_history_and_answers_for_the_old_one() -> None:
    """Its id is derived: a second one after a kill is the same order, however it was edited."""
    parked = unknown(since_seconds=WINDOW, correlation_id=None)
    message = published(parked, SURE).message
    assert message.message_id == derived_id(parked)
    assert (message.correlation_id, message.headers[REPLACED_ID]) == ("o-1", "o-1")
    assert {ATTEMPTS, UNKNOWN_SINCE, ATTEMPTS_BEFORE}.isdisjoint(message.headers)
    edited = published(parked, replace(SURE, body=EDITED)).message
    assert (edited.message_id, edited.body) == (message.message_id, EDITED)
    request = _as_the_relay_reads(parked, SURE)
    assert (request.history.attempts, request.history.uncertain) == (0, False)


def test_a_derived_id_belongs_to_one_parked_message() -> None:
    """Two without an id do not become one order, unless they are the same in all."""
    found = [unknown(), unknown(message_id="o-2"), rejected(), rejected(body=EDITED), dead()]
    assert len({derived_id(one) for one in found}) == len(found)


def test_resolve_and_drop_reply_as_the_relay_does() -> None:
    """Where the producer waits, with who did it."""
    parked = unknown(headers={"traceparent": "00-1"})
    accepted = published(parked, Resolve("ord_7"))
    body = reply_body(accepted)
    assert (accepted.kind, accepted.routing_key) == (PublicationKind.REPLY, "shop.results")
    assert (body["status"], body["order"], body["attempts"]) == ("accepted", "ord_7", 12)
    assert body["first_seen_at"] == to_rfc3339(ago(60))
    assert accepted.message.headers == {
        "traceparent": "00-1",
        ANSWERED_BY: "somebody",
        ANSWERED_REASON: "the API was down",
    }
    dropped = reply_body(published(dead(), Drop(no_order_exists=True)))
    assert (dropped["status"], dropped["error"]["code"]) == ("failed", Code.DROPPED)
    assert "the API was down" in dropped["error"]["message"]


def test_what_was_answered_rejected_is_dropped_without_another_answer() -> None:
    """The same request has one answer."""
    planned = done(rejected(), Drop())
    assert isinstance(planned, Planned)
    assert planned.publications == ()


@examples
@given(
    st.sampled_from([unknown(), OLD, rejected(), dead(), dead(timestamp=ago(60))]),
    st.builds(
        Replay,
        new_message_id=st.booleans(),
        no_order_exists=st.booleans(),
        without_deadline=st.booleans(),
        body=st.sampled_from([None, EDITED, b"{}"]),
    ),
    st.floats(0, 200_000),
)
def test_a_replay_is_never_a_second_order(parked: Parked, action: Replay, later: float) -> None:
    """The old id only while the API knows it; another only by a person's word, and always one."""
    first, again = done(parked, action), done(parked, action, ahead(later))
    for planned, now in ((first, NOW), (again, ahead(later))):
        if not isinstance(planned, Planned):
            continue
        (publication,) = planned.publications
        message_id = publication.message.message_id
        if message_id == parked.message_id:
            assert parked.unknown_since is not None
            assert (now - parked.unknown_since).total_seconds() < WINDOW
            assert publication.message.body == parked.received.message.body
            assert publication.message.headers[UNKNOWN_SINCE]
        else:
            assert action.no_order_exists
            assert message_id == derived_id(parked)
