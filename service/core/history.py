"""What was tried for an order so far, and how it travels in headers through the retry queues."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import assert_never

from service.core.message import HEADER_PREFIX
from service.core.outcome import (
    Accepted,
    Outcome,
    Refused,
    Suspected,
    Throttled,
    Unknown,
    Unreached,
    label,
)
from service.core.record import record
from service.core.times import from_rfc3339, to_rfc3339

ATTEMPTS = HEADER_PREFIX + "attempts"
RETRIES = HEADER_PREFIX + "retries"
FIRST_SEEN = HEADER_PREFIX + "first-seen"
UNKNOWN_SINCE = HEADER_PREFIX + "unknown-since"
SUSPICIONS = HEADER_PREFIX + "suspicions"
FIRST_OUTCOME = HEADER_PREFIX + "first-outcome"
LAST_OUTCOME = HEADER_PREFIX + "last-outcome"
REPLAYED_AT = HEADER_PREFIX + "replayed-at"
ATTEMPTS_BEFORE = HEADER_PREFIX + "attempts-before"

_LARGEST_COUNT = 1_000_000


class UnreadableHistoryError(ValueError):
    """A header of ours holds what the relay never writes."""


@record(frozen=True, slots=True)
class History:
    """What was tried for one order.

    `attempts` counts what reached or may have reached the API; `retries` counts waits and sets the
    next one's length. `unknown_since` is when the first attempt was sent whose outcome is not
    known: while it is set an order may exist, and only an answer of the API clears it.
    `suspicions` counts answers that look like the account's fault and were this order's alone.
    A person put it back at `replayed_at`, after `attempts_before`: its bounds begin anew there.
    """

    first_seen: datetime
    attempts: int = 0
    retries: int = 0
    unknown_since: datetime | None = None
    first_outcome: str | None = None
    last_outcome: str | None = None
    suspicions: int = 0
    replayed_at: datetime | None = None
    attempts_before: int = 0

    @property
    def tried_since(self) -> datetime:
        """From when its age counts."""
        return self.replayed_at or self.first_seen

    def age_seconds(self, now: datetime, most: float) -> float:
        """Seconds since the relay first saw the order, if it came through a waiting tier; else 0.

        An order is given up at `most`: a higher age comes from a wrong clock.
        """
        return min(max(0.0, (now - self.tried_since).total_seconds()), most)

    @property
    def counted_attempts(self) -> int:
        """The attempts that count towards the most that are allowed."""
        return self.attempts - self.attempts_before

    @property
    def uncertain(self) -> bool:
        """Whether an order may exist that the relay knows nothing about."""
        return self.unknown_since is not None

    def after(self, outcome: Outcome, sent_at: datetime) -> "History":
        """The history after the attempt sent at `sent_at` ended with `outcome`."""
        last, count = label(outcome), self.attempts + 1
        # Where another version has tried it before, the first one is not known.
        first = self.first_outcome or (None if self.last_outcome else last)
        told = partial(replace, self, first_outcome=first, last_outcome=last)
        match outcome:
            case Accepted() | Refused():
                return told(attempts=count, unknown_since=None)
            case Unknown():
                since = self.unknown_since or sent_at
                return told(attempts=count, unknown_since=since)
            case Suspected(alone=True):
                # An API that names its key refused the order; one that answers 403 may have it.
                began = self.unknown_since or (None if outcome.names_key else sent_at)
                more = self.suspicions + 1
                return told(attempts=count, unknown_since=began, suspicions=more)
            case Throttled() | Suspected() | Unreached():
                return told()
            case _ as never:  # pragma: no cover
                assert_never(never)

    def after_wait(self) -> "History":
        """The history after one more wait has begun."""
        return replace(self, retries=self.retries + 1)


def to_headers(history: History) -> dict[str, object]:
    """The headers that carry `history` through a retry queue."""
    headers: dict[str, object] = {
        ATTEMPTS: history.attempts,
        RETRIES: history.retries,
        FIRST_SEEN: to_rfc3339(history.first_seen),
    }
    if history.unknown_since is not None:
        headers[UNKNOWN_SINCE] = to_rfc3339(history.unknown_since)
    if history.suspicions:
        headers[SUSPICIONS] = history.suspicions
    if history.first_outcome is not None:
        headers[FIRST_OUTCOME] = history.first_outcome
    if history.last_outcome is not None:
        headers[LAST_OUTCOME] = history.last_outcome
    if history.replayed_at is not None:
        headers[REPLAYED_AT] = to_rfc3339(history.replayed_at)
        headers[ATTEMPTS_BEFORE] = history.attempts_before
    return headers


def from_headers(
    headers: Mapping[str, object],
    *,
    now: datetime,
    redelivered: bool,
    produced_at: datetime | None,
) -> History:
    """The history that a delivery brings with it.

    A redelivered message may have been sent by a process that died before it could record it: its
    outcome is unknown since the producer's timestamp, or since now where there is none.
    Raises UnreadableHistoryError for values that the relay never writes.
    """
    if not (headers or redelivered):
        return History(first_seen=now)
    first_seen = _moment(headers, FIRST_SEEN)
    unknown_since = _moment(headers, UNKNOWN_SINCE)
    if unknown_since is None and redelivered:
        unknown_since = first_seen or produced_at or now
    replayed_at = _moment(headers, REPLAYED_AT)
    return History(
        first_seen=min(now, first_seen or now),
        attempts=(attempts := _count(headers, ATTEMPTS)),
        retries=_count(headers, RETRIES),
        # A future time, from another machine's clock, would stretch the idempotency window.
        unknown_since=min(now, unknown_since) if unknown_since else None,
        first_outcome=_text(headers, FIRST_OUTCOME),
        last_outcome=_text(headers, LAST_OUTCOME),
        suspicions=_count(headers, SUSPICIONS),
        # A laptop's clock ahead of ours would stretch the order's age.
        replayed_at=min(now, replayed_at) if replayed_at else None,
        attempts_before=min(attempts, _count(headers, ATTEMPTS_BEFORE)),
    )


def _text(headers: Mapping[str, object], name: str) -> str | None:
    value = headers.get(name)
    return value if isinstance(value, str) else None


def _count(headers: Mapping[str, object], name: str) -> int:
    value = headers.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_COUNT:
        raise UnreadableHistoryError(f"header {name} must be a count; leave it to the relay")
    return value


def _moment(headers: Mapping[str, object], name: str) -> datetime | None:
    if name not in headers:
        return None
    value = headers[name]
    try:
        if isinstance(value, str):
            return from_rfc3339(value)
    except ValueError:
        pass
    raise UnreadableHistoryError(f"header {name} must be an RFC 3339 time; leave it to the relay")
