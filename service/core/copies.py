"""Copies of a request for the retry queues and for the parked queue.

Some headers and properties must not travel with a copy: brokers of the 3.x line drop a message
with a left-over `x-death` in silence, `CC` routes it to others, a foreign `user_id` closes the
channel, `expiration` shortens the wait and `priority` blocks a waiting queue. What a person may
want to know of them is kept under headers of ours.
"""

from collections.abc import Mapping
from datetime import datetime

from service.core.answer import Answer
from service.core.history import History, to_headers
from service.core.message import HEADER_PREFIX, Message, Publication, PublicationKind, Received
from service.core.times import to_rfc3339

ORIGINAL_EXCHANGE = HEADER_PREFIX + "original-exchange"
ORIGINAL_ROUTING_KEY = HEADER_PREFIX + "original-routing-key"
ORIGINAL_USER_ID = HEADER_PREFIX + "original-user-id"
PARKED_STATUS = HEADER_PREFIX + "parked-status"
PARKED_CODE = HEADER_PREFIX + "parked-code"
PARKED_REASON = HEADER_PREFIX + "parked-reason"
PARKED_AT = HEADER_PREFIX + "parked-at"

_DROPPED = frozenset({"x-death", "x-delivery-count", "x-acquired-count", "cc", "bcc"})
_DROPPED_PREFIXES = ("x-first-death-", "x-last-death-")


def retry_copy(received: Received, history: History, tier_seconds: int) -> Publication:
    """The copy of `received` that waits `tier_seconds` and brings `history` back."""
    headers = _kept_headers(received) | to_headers(history.after_wait())
    return Publication(PublicationKind.RETRY, str(tier_seconds), _copy(received.message, headers))


def parked_copy(received: Received, answer: Answer, history: History, now: datetime) -> Publication:
    """The copy of `received` that waits for a person, with what the relay knows about it."""
    headers = (
        _kept_headers(received)
        | to_headers(history)
        | {
            PARKED_STATUS: str(answer.status),
            PARKED_CODE: answer.code,
            PARKED_REASON: answer.problem.message if answer.problem else "",
            PARKED_AT: to_rfc3339(now),
        }
    )
    return Publication(PublicationKind.PARKED, "", _copy(received.message, headers))


def _copy(message: Message, headers: Mapping[str, object]) -> Message:
    return Message(
        body=message.body,
        message_id=message.message_id,
        correlation_id=message.correlation_id,
        reply_to=message.reply_to,
        content_type=message.content_type,
        content_encoding=message.content_encoding,
        type=message.type,
        app_id=message.app_id,
        timestamp=message.timestamp,
        headers=headers,
    )


def _kept_headers(received: Received) -> dict[str, object]:
    originals: dict[str, object] = {
        ORIGINAL_EXCHANGE: received.exchange,
        ORIGINAL_ROUTING_KEY: received.routing_key,
    }
    if received.message.user_id is not None:
        originals[ORIGINAL_USER_ID] = received.message.user_id
    kept = {name: value for name, value in received.message.headers.items() if not _dropped(name)}
    # The first copy's originals win: later ones would name the retry queue's hop.
    return originals | kept


def _dropped(name: str) -> bool:
    lower = name.lower()
    return lower in _DROPPED or lower.startswith(_DROPPED_PREFIXES)
