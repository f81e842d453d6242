"""What `send` adds to a message, and what it does not send."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.core.message import Message
from service.core.producing.sending import ready
from service.core.producing.written import UnreadableMessageError, Written
from tests.core.build import NOW, REQUEST


def _ready(written: Written) -> Message:
    now = NOW + timedelta(microseconds=7)
    return ready(written, now=now, message_id="made", reply_to="place")


def test_what_is_not_given_is_added() -> None:
    """An id, a way back, a type and the time, in whole seconds."""
    assert _ready(Written(Message(b"{}"))) == Message(
        b"{}",
        message_id="made",
        reply_to="place",
        content_type="application/json",
        timestamp=NOW,
    )


def test_what_is_given_is_kept() -> None:
    """Unchanged."""
    given = replace(REQUEST, timestamp=NOW - timedelta(hours=1), content_type="text/plain")
    assert _ready(Written(given)) == given


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (Written(REQUEST, far_timestamp=10**13), "the timestamp 10000000000000 cannot be sent"),
        (Written(REQUEST, expiration="5"), "an expiration is not sent; set "),
        (Written(replace(REQUEST, user_id="me")), "a user_id is not sent"),
        # As of a variable of the shell that is not set: who repeats an order would order twice.
        (Written(replace(REQUEST, message_id="")), "the message_id is empty"),
    ],
)
def test_what_cannot_be_sent_is_refused(written: Written, why: str) -> None:
    """Rather than sent without it."""
    with pytest.raises(UnreadableMessageError, match=why):
        _ready(written)
