"""The API's rules for one call: its rate limit, a token bucket, and the order of its checks."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Literal

from tests.world.standin import answers
from tests.world.standin.answers import Answer, Kind, Verdict, error_answer
from tests.world.standin.calls import Form
from tests.world.standin.ledger import Ledger

MAX_REQUEST_ID_CHARACTERS = 128
FORM_TYPE = "application/x-www-form-urlencoded"
RetryAfter = Literal["seconds", "date", "none"]


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls allowed a second, and how the others are answered.

    `burst` is how many may come at once, by default a second's worth.
    """

    per_second: float
    burst: float | None = None
    status: Literal[429, 503] = 429
    retry_after: RetryAfter = "seconds"

    def __post_init__(self) -> None:
        """A bucket that never fills, or an answer that is no throttling, is a mistake."""
        if self.per_second <= 0 or (self.burst is not None and self.burst < 1):
            raise ValueError("a rate must be above 0 and its burst at least 1")
        if self.status == 503 and self.retry_after == "none":
            raise ValueError("a 503 without Retry-After is no throttling")


class TokenBucket:
    """Tokens that come back at a steady rate; times are seconds of one monotonic clock."""

    def __init__(self, rate: Rate, now: float) -> None:
        self.rate = rate
        self._capacity = max(1.0, rate.per_second if rate.burst is None else rate.burst)
        self._tokens = self._capacity
        self._filled_at = now

    def take(self, now: float) -> float:
        """0 and a token less, or the seconds until there is a token."""
        earned = (now - self._filled_at) * self.rate.per_second
        self._tokens = min(self._capacity, self._tokens + earned)
        self._filled_at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.rate.per_second


def throttled(rate: Rate, wait_seconds: float, wall_seconds: float) -> Answer:
    """The answer to a call that must come again in `wait_seconds`; `wall_seconds` is Unix time."""
    # Rounded down, a client that obeys would be throttled again at once.
    whole = max(1, math.ceil(wait_seconds))
    if rate.retry_after == "none":
        return error_answer(rate.status, "Too many requests")
    value = str(whole)
    if rate.retry_after == "date":
        moment = datetime.fromtimestamp(math.ceil(wall_seconds + wait_seconds), tz=UTC)
        value = format_datetime(moment, usegmt=True)
    return error_answer(rate.status, "Too many requests", ("Retry-After", value))


@dataclass(slots=True)
class Account:
    """The keys that are accepted, the budget of calls, and the ledger."""

    keys: frozenset[str]
    ledger: Ledger
    bucket: TokenBucket | None = None

    def throttle(self, now: float, wall: float) -> Verdict | None:
        """The answer to a call beyond the budget, or None and one call less in it."""
        if self.bucket is None:
            return None
        wait_seconds = self.bucket.take(now)
        if not wait_seconds:
            return None
        return Verdict(Kind.THROTTLED, throttled(self.bucket.rate, wait_seconds, wall))

    def answer(self, form: Form, content_type: str, now: float) -> Verdict:
        """What the API says to `form`; a valid one makes an order unless its id already did."""
        if content_type != FORM_TYPE:
            return Verdict(Kind.REFUSED, answers.NOT_A_FORM)
        if form.values.get("key") not in self.keys:
            return Verdict(Kind.UNAUTHORIZED, answers.INVALID_KEY)
        if refusal := _refusal(form):
            return Verdict(Kind.REFUSED, refusal)
        return self.ledger.submit(form, now)


def _refusal(form: Form) -> Answer | None:
    """Why the call cannot be remembered under its request_id, so that nothing is stored."""
    if form.repeated is not None:
        return error_answer(400, f"Duplicate parameter: {form.repeated}")
    if form.values.get("action") != "add":
        return answers.INVALID_ACTION
    if not form.request_id:
        return answers.MISSING_REQUEST_ID
    if len(form.request_id) > MAX_REQUEST_ID_CHARACTERS:
        return answers.LONG_REQUEST_ID
    return None
