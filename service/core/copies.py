"""Copies of a request for the retry queues and for the parked queue.

Some headers and properties must not travel with a copy: brokers of the 3.x line drop a message
with a left-over `x-death` in silence, `CC` routes it to others, a foreign `user_id` closes the
channel, `expiration` shortens the wait and `priority` blocks a waiting queue. What a person may
need of them is kept in headers of ours.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from service.core.answer import Answer
from service.core.history import History, to_headers
from service.core.message import HEADER_PREFIX, Message, Publication, PublicationKind, Received
from service.core.origin import came_back
from service.core.request import DEADLINE
from service.core.times import to_rfc3339

ORIGINAL_EXCHANGE = HEADER_PREFIX + "original-exchange"
ORIGINAL_ROUTING_KEY = HEADER_PREFIX + "original-routing-key"
ORIGINAL_USER_ID = HEADER_PREFIX + "original-user-id"
ORIGINAL_HEADERS = HEADER_PREFIX + "original-headers"
ORIGINAL_BODY_BYTES = HEADER_PREFIX + "original-body-bytes"
PARKED_STATUS = HEADER_PREFIX + "parked-status"
PARKED_CODE = HEADER_PREFIX + "parked-code"
PARKED_REASON = HEADER_PREFIX + "parked-reason"
PARKED_AT = HEADER_PREFIX + "parked-at"

MAX_SHOWN_HEADERS_CHARACTERS = 4 * 1024
"""So that a salvaged copy fits a frame of 8 KiB: there is no other way out for its message."""

_MAX_PROPERTY_BYTES = 255

_DROPPED = frozenset({"x-death", "x-delivery-count", "x-acquired-count", "cc", "bcc"})
_DROPPED_PREFIXES = ("x-first-death-", "x-last-death-")


def retry_copy(received: Received, history: History, tier_seconds: int) -> Publication:
    """The copy of `received` that waits `tier_seconds` after `history`, which counts the wait."""
    return waiting_copy(received, history.after_wait(), tier_seconds)


def waiting_copy(received: Received, history: History, tier_seconds: int) -> Publication:
    """The copy of `received` that waits `tier_seconds`, with `history` in its headers."""
    headers = _kept_headers(received) | to_headers(history)
    return Publication(PublicationKind.RETRY, str(tier_seconds), copy_of(received.message, headers))


def parked_copy(received: Received, answer: Answer, history: History, now: datetime) -> Publication:
    """The copy of `received` that waits for a person, with what the relay knows about it."""
    headers = _kept_headers(received) | to_headers(history) | _parking_headers(answer, now)
    return Publication(PublicationKind.PARKED, "", copy_of(received.message, headers))


def salvaged_copy(received: Received, answer: Answer, now: datetime) -> Publication:
    """What can be kept of a message that can neither be copied nor be moved by the broker.

    The body is whole, or gone where it was too large; the headers become one text, and what is not
    UTF-8 is escaped.
    """
    message = received.message
    headers = {
        ORIGINAL_EXCHANGE: _escaped(received.exchange) or "",
        ORIGINAL_ROUTING_KEY: _escaped(received.routing_key) or "",
        ORIGINAL_HEADERS: ascii(message.headers)[:MAX_SHOWN_HEADERS_CHARACTERS],
        **_parking_headers(answer, now),
    }
    if received.dropped_body_bytes is not None:
        headers[ORIGINAL_BODY_BYTES] = received.dropped_body_bytes
    salvaged = replace(
        copy_of(message, headers),
        message_id=_escaped(message.message_id),
        correlation_id=_escaped(message.correlation_id),
        reply_to=_escaped(message.reply_to),
        content_type=_escaped(message.content_type),
        content_encoding=_escaped(message.content_encoding),
        type=_escaped(message.type),
        app_id=_escaped(message.app_id),
    )
    return Publication(PublicationKind.PARKED, "", salvaged)


def _parking_headers(answer: Answer, now: datetime) -> dict[str, object]:
    return {
        PARKED_STATUS: str(answer.status),
        PARKED_CODE: answer.code,
        PARKED_REASON: answer.problem.message if answer.problem else "",
        PARKED_AT: to_rfc3339(now),
    }


def _escaped(text: str | None) -> str | None:
    if text is None:
        return None
    escaped = text.encode("utf-8", "backslashreplace")
    # Escapes are longer than what they replace, and a property has at most 255 bytes.
    return escaped[:_MAX_PROPERTY_BYTES].decode("utf-8", "ignore")


def copy_of(message: Message, headers: Mapping[str, object]) -> Message:
    """The message with these headers, without the property that must not travel."""
    return replace(message, user_id=None, headers=headers)


def _kept_headers(received: Received) -> dict[str, object]:
    originals: dict[str, object] = {
        ORIGINAL_EXCHANGE: received.exchange,
        ORIGINAL_ROUTING_KEY: received.routing_key,
    }
    if received.message.user_id is not None:
        originals[ORIGINAL_USER_ID] = received.message.user_id
    back = came_back(received)
    kept = {
        name: value
        for name, value in received.message.headers.items()
        # A producer could write there what a person takes for our words.
        if not dropped(name) and (back or not ours(name))
    }
    # The first copy's originals win: later ones would name the retry queue's hop.
    return originals | kept


def ours(name: str) -> bool:
    """Whether only the relay may write this header."""
    return name.lower().startswith(HEADER_PREFIX) and name != DEADLINE


def dropped(name: str) -> bool:
    """Whether this header must not travel with a copy."""
    lower = name.lower()
    return lower in _DROPPED or lower.startswith(_DROPPED_PREFIXES)
