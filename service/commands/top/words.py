"""Numbers as a person reads them at a glance; "-" for what nobody said."""

import math
from collections.abc import Callable

NOTHING = "-"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LONGEST_COUNT = 9
_KIB = 1024


def rate(per_second: float | None) -> str:
    """Two decimals below 1, one below 100."""
    if per_second is None:
        return NOTHING
    if per_second == 0:
        return "0"
    if per_second < 0.01:
        return "<0.01"
    return f"{per_second:.2f}" if per_second < 1 else _grouped(per_second, 1)


def count(number: float | None) -> str:
    """A whole number in groups of three digits; a large one shortened, as 12.3 M."""
    if number is None:
        return NOTHING
    whole = f"{number:,.0f}".replace(",", " ")
    if len(whole) <= _LONGEST_COUNT:
        return whole
    for factor, unit in ((1e6, "M"), (1e9, "G"), (1e12, "T"), (1e15, "P")):
        if number / factor < 1000:
            return f"{number / factor:.3g} {unit}"
    return f"{number:.1e}"


def duration(seconds: float | None) -> str:
    """In the unit that leaves two or three digits."""
    if seconds is None:
        return NOTHING
    if seconds < 0.9995:
        return f"{_short(seconds * 1000)} ms"
    if seconds < 2 * _MINUTE:
        return f"{_short(seconds)} s"
    if seconds < _HOUR * 2:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < _DAY * 2:
        return f"{_short(seconds / _HOUR)} h"
    return f"{count(seconds // _DAY)} d {seconds % _DAY // _HOUR:.0f} h"


def whole_duration(seconds: float) -> str:
    """A setting's whole seconds, in the largest unit that says them all."""
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit and not seconds % unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def size(number: float | None) -> str:
    """In MiB or GiB."""
    if number is None:
        return NOTHING
    mib = number / _KIB / _KIB
    return f"{_grouped(mib, 1)} MiB" if mib < _KIB else f"{_grouped(mib / _KIB, 1)} GiB"


def share(part: float) -> str:
    """In per cent; something is never 0 %, and not all is never 100 %."""
    percent = part * 100
    if 0 < percent < 0.1:
        return "<0.1 %"
    if 99.95 <= percent < 100:
        return "99.9 %"
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.1f} %"


def limit(most: float | None, show: Callable[[float | None], str]) -> str:
    """A limit; +Inf is none."""
    return "no limit" if most == math.inf else show(most)


def limited(used: float | None, most: float | None, show: Callable[[float | None], str]) -> str:
    """What is used, and of how much."""
    if most is None:
        return show(used)
    return f"{show(used)}{', ' if most == math.inf else ' of '}{limit(most, show)}"


def _short(number: float) -> str:
    return f"{number:.1f}" if number < 9.95 else f"{number:.0f}"


def _grouped(number: float, decimals: int) -> str:
    if number >= 99.95:
        return count(number)
    return f"{number:.{decimals}f}"
