"""What a message of the parked queue says about itself."""

from dataclasses import replace
from datetime import datetime

import pytest

from service.core.codes import Code, Status
from service.core.copies import PARKED_AT, PARKED_CODE, PARKED_STATUS, salvaged_copy
from service.core.history import ATTEMPTS, FIRST_SEEN, UNKNOWN_SINCE
from service.core.message import Message, Received
from service.core.parked.found import Parked, Standing, inspect
from service.core.times import from_epoch_seconds, to_rfc3339
from tests.core.build import NOW, ago, an_answer, message, received
from tests.core.parked.build import arrived, dead, rejected, unknown

PLACED, NEVER = Standing.PERHAPS_PLACED, Standing.NEVER_SENT
FORGED = {PARKED_STATUS: "rejected", PARKED_CODE: "refused", ATTEMPTS: 3}


@pytest.mark.parametrize(
    ("parked", "code", "standing", "attempts", "since"),
    [
        (unknown(), "outcome_unknown", PLACED, 12, ago(60)),
        (rejected(), "missing_message_id", NEVER, 0, None),
        (dead(), "delivery_limit", PLACED, 1, None),
        (dead("expired", timestamp=ago(50)), "expired", PLACED, 1, ago(50)),
        (dead(timestamp=from_epoch_seconds(0)), "delivery_limit", PLACED, 1, None),
        (dead(timestamp=ago(-50)), "delivery_limit", PLACED, 1, ago(10)),
        (dead(headers=FORGED), "delivery_limit", PLACED, 3, None),
        (dead(headers={FIRST_SEEN: to_rfc3339(ago(99))}), "delivery_limit", PLACED, 1, ago(99)),
        (dead(headers={UNKNOWN_SINCE: "soon"}), "delivery_limit", PLACED, 1, None),
        (dead("rejected", "not UTF-8"), "invalid_message", NEVER, 0, None),
        (dead("delivery_limit", "too long"), "delivery_limit", PLACED, 1, None),
    ],
)
def test_why_it_is_there_and_what_may_exist(
    parked: Parked, code: str, standing: Standing, attempts: int, since: datetime | None
) -> None:
    """The relay's words count on its own copies; of what the broker moved the worst is taken."""
    found = (parked.code, parked.standing, parked.attempts, parked.unknown_since)
    assert found == (code, standing, attempts, since)


def test_what_was_moved_by_hand_may_exist() -> None:
    """Nothing says that it does not."""
    found = inspect(received())
    assert (found.code, found.standing, found.parked_at) == ("moved_by_hand", PLACED, None)
    strange = inspect(received(message(headers={"x-death": [{"reason": "maxlen"}]})))
    assert (strange.code, strange.parked_at) == ("maxlen", None)


def test_what_could_only_be_salvaged_was_never_sent() -> None:
    """Its headers are a text."""
    broken = received(message(message_id="o-\udcff"), undecodable="not UTF-8")
    copy = salvaged_copy(broken, an_answer(Status.REJECTED, Code.INVALID_MESSAGE), NOW)
    found = inspect(arrived(copy))
    assert (found.standing, found.code, found.message_id) == (NEVER, "invalid_message", "o-\\udcff")


def test_a_rejected_one_that_may_have_been_sent_is_taken_for_sent() -> None:
    """Two headers that contradict each other: the worse one counts."""
    parked = unknown()
    headers = {**parked.received.message.headers, PARKED_STATUS: "rejected"}
    changed = replace(parked.received, message=replace(parked.received.message, headers=headers))
    assert inspect(changed).standing is PLACED


def test_a_handle_names_one_message() -> None:
    """The same in every look, another for another body, id or time of parking."""
    assert unknown().handle == unknown().handle
    others = [unknown(), unknown(message_id="o-2"), unknown(body=b"{}"), rejected(), dead()]
    later = {**unknown().received.message.headers, PARKED_AT: to_rfc3339(NOW)}
    others.append(inspect(received(message(headers=later))))
    assert len({one.handle for one in others}) == len(others)
    assert inspect(received(message(message_id="\udcff"))).handle


@pytest.mark.parametrize("parked", [unknown(), dead()])
def test_another_may_be_kept_in_place_of_the_message(parked: Parked) -> None:
    """A list of many needs none of them; all else is said as before."""
    nothing = Received(Message(b""))
    assert inspect(parked.received, nothing) == replace(parked, received=nothing)
