"""What to do next with an order: the closed set of decisions, `decide`, and when to give up.

The rules, in the order in which they are asked:

1. An answer of the API that is certain (accepted, refused) ends the order.
2. A suspected answer and a throttled one hold the order until the account's state is known: nothing
   is answered for it, and nothing is counted against it. A suspicion that falls on the order alone
   is tried again three times.
3. An order past its deadline, age, attempts or idempotency window is given up.
4. Anything else waits: up to the first tier in the process, longer in a retry queue, and never
   past the point where rule 3 would end it.
"""

from datetime import datetime, timedelta
from typing import assert_never

from service.core import answer
from service.core.answer import Answer
from service.core.backoff import ceiling_seconds, full_jitter, tier_for
from service.core.codes import Code
from service.core.history import History
from service.core.outcome import (
    Accepted,
    Outcome,
    Refused,
    Suspected,
    Throttled,
    Unknown,
    Unreached,
)
from service.core.record import record

MOST_SUSPICIONS = 3
"""How often an order is tried again that alone is answered as if the account were at fault."""


@record(frozen=True, slots=True)
class RetryPolicy:
    """The bounds of trying: waiting tiers in ascending whole seconds, attempts, age, window."""

    delays_seconds: tuple[int, ...] = (1, 5, 30, 120, 600, 3600)
    max_attempts: int = 12
    max_age_seconds: int = 86_400
    idempotency_window_seconds: int = 86_400


@record(frozen=True, slots=True)
class Finish:
    """Answer the producer; the order is over."""

    answer: Answer


@record(frozen=True, slots=True)
class Park:
    """Answer `unknown` and keep a copy for a person: an order may exist."""

    answer: Answer


@record(frozen=True, slots=True)
class RetryHere:
    """Wait `seconds` in this process, then try again."""

    seconds: float


@record(frozen=True, slots=True)
class RetryLater:
    """Wait in the retry queue of `tier_seconds`."""

    tier_seconds: int


@record(frozen=True, slots=True)
class Hold:
    """Wait at the gate, in its place; nothing is counted against the order."""


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
        case Suspected(alone=True):
            return _decide_alone(outcome, history, deadline, policy, now, jitter)
        case Suspected() | Throttled():
            return Hold()
        case Unreached() | Unknown():
            return _back_off(history, deadline, policy, now, jitter)
        case _ as never:  # pragma: no cover
            assert_never(never)


def _decide_alone(
    suspected: Suspected,
    history: History,
    deadline: datetime | None,
    policy: RetryPolicy,
    now: datetime,
    jitter: float,
) -> Decision:
    """The next step of an order that alone is answered so, which `history` already counts."""
    if history.suspicions <= MOST_SUSPICIONS:
        return _back_off(history, deadline, policy, now, jitter)
    if not history.uncertain:
        refused = Refused(Code.REFUSED, suspected.reason, suspected.http_status)
        return Finish(answer.refused(refused, history))
    why = f"{suspected.reason}, for this order alone"
    return Park(answer.given_up(Code.OUTCOME_UNKNOWN, why, history))


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
    if now >= history.tried_since + timedelta(seconds=policy.max_age_seconds):
        return Code.TOO_OLD, f"no certain answer within {policy.max_age_seconds} s"
    if history.counted_attempts >= policy.max_attempts:
        return Code.ATTEMPTS_EXHAUSTED, f"no certain answer in {history.attempts} attempts"
    window = timedelta(seconds=policy.idempotency_window_seconds)
    if history.unknown_since is not None and now >= history.unknown_since + window:
        return Code.OUTCOME_UNKNOWN, "the API may have forgotten the request_id"
    return None


def _back_off(
    history: History,
    deadline: datetime | None,
    policy: RetryPolicy,
    now: datetime,
    jitter: float,
) -> Decision:
    if (end := give_up(history, deadline, policy, now)) is not None:
        return end
    tiers = policy.delays_seconds
    seconds = full_jitter(ceiling_seconds(tiers, history.retries), jitter)
    # A wait that outlasts the order's end would turn a chance into a certain failure.
    left = seconds_left(history, deadline, policy, now)
    if seconds <= tiers[0]:
        return RetryHere(min(seconds, left))
    wanted = tier_for(tiers, seconds)
    fitting = [tier for tier in tiers if tier <= wanted and tier < left]
    return RetryLater(fitting[-1]) if fitting else RetryHere(left)


def set_aside(
    history: History, deadline: datetime | None, policy: RetryPolicy, now: datetime
) -> RetryLater:
    """Where an order waits for another of its id: about as long as it has been on its way."""
    age = (now - history.first_seen).total_seconds()
    left = seconds_left(history, deadline, policy, now)
    tiers = policy.delays_seconds
    fitting = [tier for tier in tiers if tier <= age and tier < left]
    return RetryLater(fitting[-1] if fitting else tiers[0])


def seconds_left(
    history: History, deadline: datetime | None, policy: RetryPolicy, now: datetime
) -> float:
    """How long the order may still be sent, by its deadline, its age and the API's memory."""
    ends = [history.tried_since + timedelta(seconds=policy.max_age_seconds)]
    if deadline is not None:
        ends.append(deadline)
    if history.unknown_since is not None:
        window = timedelta(seconds=policy.idempotency_window_seconds)
        ends.append(history.unknown_since + window)
    return max(0.0, (min(ends) - now).total_seconds())
