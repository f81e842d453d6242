"""A message of the parked queue as a person needs it: why it is there, and what may exist of it.

The relay's own copies have no `x-death`, and their headers of ours are the relay's. What the broker
moved has one, and its headers of ours may be its sender's: of such a message the worst is taken.
"""

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

from service.core.codes import Code, Status
from service.core.copies import PARKED_AT, PARKED_CODE, PARKED_REASON, PARKED_STATUS
from service.core.history import ATTEMPTS, FIRST_OUTCOME, FIRST_SEEN, LAST_OUTCOME, UNKNOWN_SINCE
from service.core.message import Message, Received
from service.core.record import record
from service.core.times import from_rfc3339

HANDLE_CHARACTERS = 12
_DEATHS = "x-death"
_EPOCH = datetime.fromtimestamp(0, tz=UTC)
_BY_HAND = "moved_by_hand"


class Standing(StrEnum):
    """What can be said about an order of this message."""

    PERHAPS_PLACED = "an order may exist"
    NEVER_SENT = "no order exists"


@record(frozen=True, slots=True)
class Parked:
    """What is known of one message; `code` is the relay's, or why the broker moved it.

    `handle` names it among all others, also where it has no message id. `relayed` says that the
    relay wrote its headers of ours.
    """

    handle: str
    message_id: str | None
    code: str
    reason: str
    standing: Standing
    parked_at: datetime | None
    first_seen: datetime | None
    unknown_since: datetime | None
    attempts: int
    first_outcome: str | None
    last_outcome: str | None
    relayed: bool
    received: Received


def inspect(received: Received, kept: Received | None = None) -> Parked:
    """What `received`, a message of the parked queue, says about itself.

    With it goes the message, or `kept` in its place.
    """
    kept = received if kept is None else kept
    return _copied(received, kept) if is_copy(received.message) else _moved(received, kept)


def is_copy(message: Message) -> bool:
    """Whether the relay parked it, and not the broker or somebody by hand."""
    return _DEATHS not in message.headers and isinstance(message.headers.get(PARKED_STATUS), str)


def handle_of(received: Received, when: datetime | None) -> str:
    """The same for the same message in every look, and after an export."""
    parts = (received.message.message_id or "", when.isoformat() if when else "")
    digest = sha256("\0".join(parts).encode("utf-8", "surrogateescape") + b"\0")
    digest.update(received.message.body)
    return digest.hexdigest()[:HANDLE_CHARACTERS]


def _copied(received: Received, kept: Received) -> Parked:
    """A copy that the relay parked."""
    headers = received.message.headers
    parked_at = _moment(headers.get(PARKED_AT))
    unknown_since = _moment(headers.get(UNKNOWN_SINCE))
    never = headers[PARKED_STATUS] == Status.REJECTED and unknown_since is None
    return Parked(
        handle=handle_of(received, parked_at),
        message_id=received.message.message_id,
        code=_text(headers.get(PARKED_CODE)),
        reason=_text(headers.get(PARKED_REASON)),
        standing=Standing.NEVER_SENT if never else Standing.PERHAPS_PLACED,
        parked_at=parked_at,
        first_seen=_moment(headers.get(FIRST_SEEN)),
        unknown_since=unknown_since,
        attempts=_count(headers.get(ATTEMPTS)),
        first_outcome=_text(headers.get(FIRST_OUTCOME)) or None,
        last_outcome=_text(headers.get(LAST_OUTCOME)) or None,
        relayed=True,
        received=kept,
    )


def _moved(received: Received, kept: Received) -> Parked:
    """A message that the broker dead-lettered, or somebody put there by hand."""
    headers = received.message.headers
    cause, parked_at = _death(headers.get(_DEATHS))
    # The relay rejects only what it could not read, and so never sent.
    never = received.undecodable is not None and cause in ("rejected", _BY_HAND)
    produced_at = received.message.timestamp
    # All that could name the first attempt: the earliest ends the API's memory of it soonest.
    told = (_moment(headers.get(UNKNOWN_SINCE)), _moment(headers.get(FIRST_SEEN)), produced_at)
    since = min((one for one in told if one is not None and one != _EPOCH), default=None)
    if since is not None and parked_at is not None:
        since = min(since, parked_at)
    return Parked(
        handle=handle_of(received, parked_at),
        message_id=received.message.message_id,
        code=str(Code.INVALID_MESSAGE) if never else cause,
        reason=received.undecodable or f"the broker moved it: {cause}",
        standing=Standing.NEVER_SENT if never else Standing.PERHAPS_PLACED,
        parked_at=parked_at,
        first_seen=since,
        unknown_since=None if never else since,
        attempts=0 if never else max(1, _count(headers.get(ATTEMPTS))),
        first_outcome=None,
        last_outcome=None,
        relayed=False,
        received=kept,
    )


def _death(deaths: object) -> tuple[str, datetime | None]:
    """Why and when the broker moved it last."""
    match deaths:
        case [{"reason": str(reason), "time": datetime() as moment}, *_]:
            return reason, moment
        case [{"reason": str(reason)}, *_]:
            return reason, None
        case _:
            return _BY_HAND, None


def _moment(value: object) -> datetime | None:
    try:
        return from_rfc3339(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
