"""Numbers and foreign texts as a person reads them; "-" for what nobody said."""

import math
from collections.abc import Callable

NOTHING = "-"
LONGEST_LABEL = 40
"""Characters of a label's value: the relay's own are shorter, and others have to fit in a row."""
LONGEST_COUNT, MINUTE, HOUR, DAY = 9, 60, 3600, 86_400


def shown(text: str, longest: int = LONGEST_LABEL) -> str:
    """`text` as a terminal may print it: no control characters, nothing wide, nothing endless."""
    # A foreign endpoint may answer with escape sequences, which would write anywhere on the screen.
    plain = "".join(c if c.isascii() and c.isprintable() else "?" for c in text[:longest])
    return plain if len(text) <= longest else f"{plain[:-3]}..."


def rate(per_second: float) -> str:
    """Two decimals below 1, one below 100."""
    if not per_second > 0:
        return NOTHING if math.isnan(per_second) else "0"
    if per_second < 0.01:
        return "<0.01"
    return f"{per_second:.2f}" if per_second < 1 else _short(per_second, 99.95)


def count(number: float) -> str:
    """A whole number in groups of three digits; a large one shortened, as 12.3 M."""
    if math.isnan(number):
        return NOTHING
    whole = f"{number:,.0f}".replace(",", " ")
    if len(whole) <= LONGEST_COUNT:
        return whole
    units = ((1e6, "M"), (1e9, "G"), (1e12, "T"), (1e15, "P"))
    short = (f"{number / factor:.3g} {unit}" for factor, unit in units if number / factor < 1000)
    return next(short, f"{number:.1e}")


def duration(seconds: float) -> str:
    """In the unit that leaves two or three digits."""
    if math.isnan(seconds):
        return NOTHING
    if seconds < 0.9995:
        return f"{_short(seconds * 1000)} ms"
    if seconds < 2 * MINUTE:
        return f"{_short(seconds)} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    if seconds < 2 * DAY:
        return f"{_short(seconds / HOUR)} h"
    return f"{count(seconds // DAY)} d {seconds % DAY // HOUR:.0f} h"


def whole_duration(seconds: int) -> str:
    """A setting's seconds, in the largest unit that says them all."""
    units = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s"))
    return next(f"{seconds // unit} {name}" for unit, name in units if not seconds % unit)


def size(number: float) -> str:
    """In MiB or GiB."""
    if math.isnan(number):
        return NOTHING
    mib = number / 1024**2
    return f"{_short(mib, 99.95)} MiB" if mib < 1024 else f"{_short(mib / 1024, 99.95)} GiB"


def share(part: float) -> str:
    """In per cent; something is never 0 %, and not all is never 100 %."""
    if math.isnan(part):
        return NOTHING
    if 0 < part < 0.001:
        return "<0.1 %"
    return "99.9 %" if 0.9995 <= part < 1 else f"{_short(part * 100)} %"


def limited(used: float, most: float, show: Callable[[float], str]) -> str:
    """What is used, and of how much; +Inf is no limit."""
    of = "" if math.isnan(most) else ", no limit" if most == math.inf else f" of {show(most)}"
    return f"{show(used)}{of}"


def _short(number: float, below: float = 9.95) -> str:
    return f"{number:.1f}" if number < below else count(number)
