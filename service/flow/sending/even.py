"""A pace of whole calls a second."""

from math import floor

MOST_LESS = 0.02


def even(rate: float, share: float, ceiling: float) -> float:
    """As many whole calls a second as keep to a limit for every second, where that costs little.

    `rate` is a little less than the `share` of the `ceiling`. One of 26.2 a second sends 27 in
    some seconds, and three of them 81 of 80.
    """
    if not 0 < rate < ceiling / 2:
        return rate
    whole = floor(rate)
    return whole if whole + 1 > share + 1e-6 and whole >= rate * (1 - MOST_LESS) else rate
