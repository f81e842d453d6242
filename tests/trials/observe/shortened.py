"""The rules with all their times divided by one factor, so that a run of minutes sees them work.

Divided are, and nothing else:

- every `for`, and the `interval` of a group;
- every range, such as `[5m]`, and every `offset`, also of the recording rules (whose names, such as
  `rate5m`, stay);
- how old the oldest order may be: `order_relay_oldest_order_age_seconds) > 600`;
- when an answer is late: `le="60.0"`, which must come to another real bound of the histogram.

Shares, counts and burn rates stay as they are, and so does the lag of the event loop: half a second
is half a second at any pace.
"""

import re
from collections.abc import Callable

from service.edges.telemetry.catalogue import ORDER_BUCKETS

FACTOR = 12
"""Five minutes become 25 s, an hour 5 minutes, and a late answer one of more than 5 s."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_FOR = re.compile(r"(?P<key>(?:for|interval): )(?P<number>\d+)(?P<unit>[smhd])(?=\n|$)")
_RANGE = re.compile(r"(?P<key>\[|\boffset )(?P<number>\d+)(?P<unit>[smhd])\b")
_AGE = re.compile(r"(?<=order_relay_oldest_order_age_seconds\) > )(?P<number>\d+)")
_LATE = re.compile(r'(?<=le=")(?P<number>\d+)\.0(?=")')


class NotDivisibleError(ValueError):
    """A time that would come to no whole second, or to no bound of the histogram."""


def shortened(rules: str, factor: int = FACTOR) -> str:
    """The rules with their times divided by `factor`; NotDivisibleError where there is a rest."""
    rules = _FOR.sub(_duration(factor), rules)
    rules = _RANGE.sub(_duration(factor), rules)
    rules = _AGE.sub(lambda found: str(_divided(int(found["number"]), factor)), rules)
    return _LATE.sub(lambda found: f"{_bound(int(found['number']), factor)}.0", rules)


def _duration(factor: int) -> Callable[[re.Match[str]], str]:
    def divided(found: re.Match[str]) -> str:
        return f"{found['key']}{_divided(int(found['number']) * _UNITS[found['unit']], factor)}s"

    return divided


def _divided(seconds: int, factor: int) -> int:
    whole, rest = divmod(seconds, factor)
    if rest or not whole:
        message = f"{seconds} s are no whole seconds when divided by {factor}"
        raise NotDivisibleError(message)
    return whole


def _bound(seconds: int, factor: int) -> int:
    bound = _divided(seconds, factor)
    if bound not in ORDER_BUCKETS:
        message = f"{bound} s is no bound of the histogram of orders"
        raise NotDivisibleError(message)
    return bound
