"""Numbers as a person reads them."""

import math

import pytest

from service.commands.top import words
from service.commands.top.figures import NO_VALUE


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NO_VALUE, "-"),
        (0, "0"),
        (0.004, "<0.01"),
        (0.25, "0.25"),
        (1.0, "1.0"),
        (41.26, "41.3"),
        (99.96, "100"),
        (12345.6, "12 346"),
    ],
)
def test_rates(value: float, text: str) -> None:
    """Precise where they are small."""
    assert words.rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NO_VALUE, "-"),
        (0, "0"),
        (999, "999"),
        (1_204_331, "1 204 331"),
        (12_345_678, "12.3 M"),
        (4.2e12, "4.2 T"),
        (math.inf, "inf"),
    ],
)
def test_counts(value: float, text: str) -> None:
    """At most nine characters."""
    assert words.count(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (NO_VALUE, "-"),
        (0.00042, "0.4 ms"),
        (0.0123, "12 ms"),
        (0.9996, "1.0 s"),
        (9.94, "9.9 s"),
        (45.4, "45 s"),
        (119, "119 s"),
        (600, "10 min"),
        (3 * 3600, "3.0 h"),
        (47 * 3600, "47 h"),
        (3 * 86_400 + 4 * 3600 + 59, "3 d 4 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    """In the unit that fits."""
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(1, "1 s"), (90, "90 s"), (120, "2 min"), (3600, "1 h"), (86_400, "1 d")]
)
def test_tiers(seconds: int, text: str) -> None:
    """Exactly, as they are set."""
    assert words.whole_duration(seconds) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (NO_VALUE, "-"),
        (0, "0.0 %"),
        (0.0001, "<0.1 %"),
        (0.027, "2.7 %"),
        (0.5, "50 %"),
        (0.99996, "99.9 %"),
        (1.0, "100 %"),
        (2.5, "250 %"),
    ],
)
def test_shares(part: float, text: str) -> None:
    """Something is not nothing, and nearly all is not all."""
    assert words.share(part) == text


@pytest.mark.parametrize(
    ("used", "most", "text"),
    [
        (3, 64, "3 of 64"),
        (3, math.inf, "3, no limit"),
        (3, NO_VALUE, "3"),
        (NO_VALUE, NO_VALUE, "-"),
    ],
)
def test_limits(used: float, most: float, text: str) -> None:
    """No limit is said, and one that nobody knows is left out."""
    assert words.limited(used, most, words.count) == text


@pytest.mark.parametrize(
    ("size", "text"), [(NO_VALUE, "-"), (61 * 2**20, "61.0 MiB"), (3 * 2**29, "1.5 GiB")]
)
def test_sizes(size: float, text: str) -> None:
    """In binary units, as limits are set."""
    assert words.size(size) == text
