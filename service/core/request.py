"""Reading a delivery: a request that may be sent, or the reason why it never will be."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeGuard

from service.core.body import (
    MAX_BODY_BYTES,
    UnreadableBodyError,
    flat_fields,
    read_object,
    short,
    too_large,
)
from service.core.codes import Code
from service.core.history import History, UnreadableHistoryError, from_headers
from service.core.message import HEADER_PREFIX, Message, Received
from service.core.order import MAX_FIELDS, InvalidOrderError, Order, build_order, check_number
from service.core.origin import history_headers
from service.core.record import record
from service.core.times import from_epoch_seconds

DEADLINE = HEADER_PREFIX + "deadline"
"""The only header of ours that is the producer's."""
MAX_MESSAGE_ID_CHARACTERS = 128
_EPOCH = datetime.fromtimestamp(0, tz=UTC)
LATEST_EPOCH_SECONDS = 253_402_300_799
"""The end of the year 9999; a larger number comes from a producer that uses milliseconds."""


@record(frozen=True, slots=True)
class Request:
    """A valid order request: `request_id` is the message id, `deadline` ends the sending."""

    request_id: str
    order: Order
    deadline: datetime | None
    history: History


@record(frozen=True, slots=True)
class Invalid:
    """A request that can be answered by its message id, and is never sent (again)."""

    request_id: str
    code: Code
    message: str
    history: History


@record(frozen=True, slots=True)
class Unidentified:
    """A message without a usable message id: no order, because a repeat would order twice."""

    code: Code
    message: str
    history: History


@record(frozen=True, slots=True)
class Undecodable:
    """A message that cannot be encoded again: only the broker can move it, byte for byte."""

    message: str
    history: History


Parsed = Request | Invalid | Unidentified | Undecodable


class _InvalidMessageError(ValueError):
    """The envelope of the message breaks a rule."""


def parse(received: Received, now: datetime) -> Parsed:
    """What `received` asks for, or why it cannot be served."""
    message = received.message
    if received.undecodable is not None:
        return Undecodable(received.undecodable, History(first_seen=now))
    if not message.message_id:
        text = "the message has no message_id; without one a repeat would order twice"
        return Unidentified(Code.MISSING_MESSAGE_ID, text, History(first_seen=now))
    if len(message.message_id) > MAX_MESSAGE_ID_CHARACTERS:
        text = (
            f"the message_id has {len(message.message_id)} characters; "
            f"at most {MAX_MESSAGE_ID_CHARACTERS} are allowed"
        )
        return Unidentified(Code.MESSAGE_ID_TOO_LONG, text, History(first_seen=now))
    return _identified(received, message.message_id, now)


def _identified(received: Received, request_id: str, now: datetime) -> Request | Invalid:
    message = received.message
    history = History(first_seen=now)
    try:
        history = from_headers(
            history_headers(received),
            now=now,
            redelivered=received.redelivered,
            produced_at=_produced_at(message),
        )
        deadline = _deadline(message)
        _check_content(message)
        order = build_order(_object(received), request_id)
    except UnreadableHistoryError as error:
        # Another version wrote it: what was tried is not known, so an order may exist.
        tried = History(first_seen=now, attempts=1, unknown_since=now)
        return Invalid(request_id, Code.INVALID_MESSAGE, str(error), tried)
    except (UnreadableBodyError, _InvalidMessageError) as error:
        return Invalid(request_id, Code.INVALID_MESSAGE, str(error), history)
    except InvalidOrderError as error:
        return Invalid(request_id, Code.INVALID_ORDER, str(error), history)
    return Request(request_id, order, deadline, history)


def _object(received: Received) -> dict[str, object]:
    if received.dropped_body_bytes is not None:
        raise too_large(received.dropped_body_bytes)
    body = received.message.body
    if body.count(b",") >= MAX_FIELDS and len(body) <= MAX_BODY_BYTES:
        # Before they are parsed: what stands in line behind thousands of them waits for that.
        check_number(flat_fields(body))
    return read_object(body)


def _produced_at(message: Message) -> datetime | None:
    # Some clients write 0 where nobody set one: such an order is not decades old.
    return None if message.timestamp == _EPOCH else message.timestamp


def _check_content(message: Message) -> None:
    content_type = (message.content_type or "application/json").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise _InvalidMessageError(
            f"content_type was {short(message.content_type)}; must be application/json or absent"
        )
    if (message.content_encoding or "identity").lower() not in ("identity", "utf-8", "utf8"):
        raise _InvalidMessageError(
            f"content_encoding was {short(message.content_encoding)}; must be absent"
        )


def _deadline(message: Message) -> datetime | None:
    if DEADLINE not in message.headers:
        return None
    value = message.headers[DEADLINE]
    if isinstance(value, datetime):
        return value
    if _is_number(value) and 0 <= value <= LATEST_EPOCH_SECONDS:
        return from_epoch_seconds(float(value))
    # An order that was sent after a deadline that we could not read cannot be taken back.
    raise _InvalidMessageError(
        f"header {DEADLINE} was {short(value)}; must be an AMQP timestamp or epoch seconds"
    )


def _is_number(value: object) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
