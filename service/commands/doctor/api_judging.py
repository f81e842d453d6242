"""What is found at the order API, from what it answered: pure rules."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from service.commands.doctor import api_kinds
from service.commands.doctor.findings import Finding, Kind
from service.core.codes import Code
from service.core.outcome import (
    Accepted,
    Answered,
    ApiResult,
    Lost,
    NotSent,
    Refused,
    Suspected,
    Throttled,
    Unknown,
    Unreached,
    classify,
)
from service.core.retry_after import http_date

MOST_SKEW = timedelta(minutes=1)


def of_api(result: ApiResult, now: datetime, *, cut_short: bool = False) -> Iterator[Finding]:
    """What the API makes of a call that has a key, and no request_id.

    One that was `cut_short` had less time than an attempt of the relay.
    """
    if cut_short and isinstance(result, Lost):
        yield Finding(api_kinds.API_LATE, result.reason)
        return
    if isinstance(result, Answered):
        theirs = http_date(result.date or "")
        if theirs is not None and abs(theirs - now) > MOST_SKEW:
            ahead = "behind" if theirs > now else "ahead of"
            seconds = abs(theirs - now).total_seconds()
            yield Finding(api_kinds.CLOCK, f"this clock is {seconds:.0f} s {ahead} the API's")
    yield _of_answer(result, now)


def _of_answer(result: ApiResult, now: datetime) -> Finding:
    outcome = classify(result, now)
    match outcome:
        case Refused(code=Code.REFUSED):
            return Finding(api_kinds.API_ODD, f"the API says {outcome.message[:200]!a}")
        case Refused() | Accepted():
            return Finding(api_kinds.API_TAKES, "the API answers, and does not mind the key")
        case Throttled():
            return Finding(api_kinds.API_THROTTLES, f"the API answered {outcome.http_status}")
        case Suspected(http_status=401 | 403) | Suspected(names_key=True):
            return Finding(api_kinds.API_KEY, f"the API answered {outcome.http_status} to this key")
        case Suspected():
            return Finding(api_kinds.API_ELSEWHERE, outcome.reason)
        case Unreached():
            return Finding(api_kinds.API_UNREACHED, outcome.reason)
        case Unknown():
            return Finding(_of_unknown(result), outcome.reason)


def _of_unknown(result: ApiResult) -> Kind:
    match result:
        case Answered(status=status):
            return api_kinds.API_PAGE if status < 500 else api_kinds.API_FAILS  # noqa: PLR2004
        case Lost() | NotSent():
            return api_kinds.API_SILENT
