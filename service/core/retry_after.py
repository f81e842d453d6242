"""The `Retry-After` header (RFC 9110, 10.2.3): seconds, or an HTTP date."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Possessive: a header of many digits would be tried again from each of them.
_SECONDS = re.compile(r"([0-9]++)(\.[0-9]++)?")
_MOST_DIGITS = 12
_LONGEST_DATE = 64


def parse_retry_after(value: str | None, now: datetime, date: str | None = None) -> float | None:
    """How many seconds to wait; None where the header is absent or unreadable.

    A date is read against the answer's own `date`, for the API's clock may differ from ours, and
    against `now` where there is none. One in the past is 0.
    """
    if value is None:
        return None
    text = value.strip()
    if (seconds := _SECONDS.fullmatch(text)) is not None:
        whole, fraction = seconds.groups(default="")
        return float("0" + whole.lstrip("0")[:_MOST_DIGITS] + fraction[:_MOST_DIGITS])
    moment = http_date(text)
    if moment is None:
        return None
    return max(0.0, (moment - (http_date(date or "") or now)).total_seconds())


def http_date(text: str) -> datetime | None:
    """The moment that an HTTP date names; None where it is none."""
    if len(text) > _LONGEST_DATE:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
