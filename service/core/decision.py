"""What to do next with an order: the closed set of decisions, `decide`, and when to give up.

The rules, in the order in which they apply:

1. An answer of the API that is certain (accepted, refused) ends the order.
2. A misconfigured account holds the order: nothing is answered for it.
3. An order past its deadline, age, attempts or idempotency window is given up.
4. Anything else waits: up to the first tier in the process, longer in a retry queue, and never
   past the point where rule 3 would end it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from service.core import answer
from service.core.answer import Answer
from service.core.backoff import ceiling_seconds, full_jitter, tier_for
from service.core.codes import Code
from service.core.history import History
from service.core.outcome import (
    Accepted,
    Misconfigured,
    Outcome,
    Refused,
    Throttled,
    Unknown,
    Unreached,
)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The limits of retrying: waiting tiers in ascending whole seconds, attempts, age, window."""

    delays_seconds: tuple[int, ...] = (1, 5, 30, 120, 600, 3600)
    max_attempts: int = 12
    max_age_seconds: int = 86_400
    idempotency_window_seconds: int = 86_400


@dataclass(frozen=True, slots=True)
class Finish:
    """Answer the producer; the order is over."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Park:
    """Answer `unknown` and keep a copy for a person: an order may exist."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class RetryHere:
    """Wait `seconds` in this process, then try again."""

    seconds: float


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Wait in the retry queue of `tier_seconds`."""

    tier_seconds: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait until the account works again; no attempt is counted."""


Decision = Finish | Park | RetryHere | RetryLater | Hold


def decide(
    outcome: Outcome,
    history: History,
    deadline: datetime | None,
    policy: RetryPolicy,
    now: datetime,
    jitter: float,
) -> Decision:
    """The next step after `outcome`, which `history` already counts.

    `jitter`, in [0, 1), is the randomness of the backoff.
    """
    match outcome:
        case Accepted():
            return Finish(answer.accepted(outcome, history))
        case Refused():
            return Finish(answer.refused(outcome, history))
        case Misconfigured():
            return Hold()
        case Throttled() | Unreached() | Unknown():
            seconds = wait_seconds(outcome, history, policy, jitter)
            return _wait(seconds, history, deadline, policy, now)
        case _ as never:  # pragma: no cover
            assert_never(never)


def wait_seconds(
    outcome: Throttled | Unreached | Unknown, history: History, policy: RetryPolicy, jitter: float
) -> float:
    """How long to wait: as the API asks, at most the last tier, else backoff with full jitter."""
    told = outcome.retry_after_seconds if isinstance(outcome, Throttled) else None
    if told is not None:
        # An API that says "after 0 seconds" again and again would be called in a hot loop.
        least = full_jitter(policy.delays_seconds[0], jitter)
        return min(max(told, least), policy.delays_seconds[-1])
    return full_jitter(ceiling_seconds(policy.delays_seconds, history.retries), jitter)


def throttle_seconds(
    outcome: Outcome, history: History, policy: RetryPolicy, jitter: float
) -> float | None:
    """How long the API asks all orders to wait; None where it does not."""
    if isinstance(outcome, Throttled):
        return wait_seconds(outcome, history, policy, jitter)
    return None


def give_up(
    history: History, deadline: datetime | None, policy: RetryPolicy, now: datetime
) -> Finish | Park | None:
    """How the order ends if it may not be sent at `now`; None while it may."""
    problem = _problem(history, deadline, policy, now)
    if problem is None:
        return None
    final = answer.given_up(*problem, history)
    return Park(final) if history.uncertain else Finish(final)


def _problem(
    history: History, deadline: datetime | None, policy: RetryPolicy, now: datetime
) -> tuple[Code, str] | None:
    if deadline is not None and now >= deadline:
        return Code.DEADLINE_PASSED, "the deadline has passed"
    if now >= history.first_seen + timedelta(seconds=policy.max_age_seconds):
        return Code.TOO_OLD, f"no certain answer within {policy.max_age_seconds} s"
    if history.attempts >= policy.max_attempts:
        return Code.ATTEMPTS_EXHAUSTED, f"no certain answer in {history.attempts} attempts"
    window = timedelta(seconds=policy.idempotency_window_seconds)
    if history.unknown_since is not None and now >= history.unknown_since + window:
        return Code.OUTCOME_UNKNOWN, "the API may have forgotten the request_id"
    return None


def _wait(
    seconds: float,
    history: History,
    deadline: datetime | None,
    policy: RetryPolicy,
    now: datetime,
) -> Decision:
    if (end := give_up(history, deadline, policy, now)) is not None:
        return end
    tiers = policy.delays_seconds
    # A wait beyond the order's end would turn a possible success into a certain failure.
    left = _seconds_left(history, deadline, policy, now)
    if seconds <= tiers[0]:
        return RetryHere(min(seconds, left))
    wanted = tier_for(tiers, seconds)
    fitting = [tier for tier in tiers if tier <= wanted and tier < left]
    return RetryLater(fitting[-1]) if fitting else RetryHere(left)


def _seconds_left(
    history: History, deadline: datetime | None, policy: RetryPolicy, now: datetime
) -> float:
    ends = [history.first_seen + timedelta(seconds=policy.max_age_seconds)]
    if deadline is not None:
        ends.append(deadline)
    if history.unknown_since is not None:
        window = timedelta(seconds=policy.idempotency_window_seconds)
        ends.append(history.unknown_since + window)
    return max(0.0, (min(ends) - now).total_seconds())
