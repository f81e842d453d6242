"""The rate limit: a token bucket, and the answers of an API that is out of tokens."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Literal

from tests.world.standin.answers import Answer, error_answer

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
