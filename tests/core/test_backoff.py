"""The arithmetic of waiting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.backoff import ceiling_seconds, full_jitter, tier_for
from tests.core.build import POLICY, examples

TIERS = POLICY.delays_seconds

tiers_lists = st.lists(st.integers(1, 100_000), min_size=1, max_size=8, unique=True).map(sorted)
draws = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("retries", "seconds"),
    [(0, 1), (1, 5), (2, 30), (3, 120), (4, 600), (5, 3600), (6, 3600), (1_000_000, 3600)],
)
def test_the_ceiling_climbs_the_tiers_and_stays_at_the_last(retries: int, seconds: int) -> None:
    """Each wait may take as long as its tier."""
    assert ceiling_seconds(TIERS, retries) == seconds


@pytest.mark.parametrize(
    ("seconds", "tier"),
    [
        (0, 1),
        (0.001, 1),
        (1, 1),
        (1.001, 5),
        (5, 5),
        (6, 30),
        (30.5, 120),
        (600, 600),
        (3599.9, 3600),
        (3600, 3600),
        (3600.1, 3600),
        (1e12, 3600),
        (float("inf"), 3600),
    ],
)
def test_the_tier_is_the_shortest_that_is_long_enough(seconds: float, tier: int) -> None:
    """The last one where none is."""
    assert tier_for(TIERS, seconds) == tier


@examples
@given(tiers_lists, st.integers(0, 20))
def test_a_ceiling_never_falls(tiers: list[int], retries: int) -> None:
    """More waits never mean a shorter next one, and each is a tier."""
    ceiling = ceiling_seconds(tiers, retries)
    assert ceiling in tiers
    assert ceiling <= ceiling_seconds(tiers, retries + 1)


@examples
@given(st.integers(1, 100_000), draws, draws)
def test_jitter_is_from_nothing_to_below_the_ceiling(ceiling: int, low: float, high: float) -> None:
    """It grows with the jitter, and never reaches the ceiling."""
    low, high = sorted((low, high))
    assert 0 <= full_jitter(ceiling, low) <= full_jitter(ceiling, high) < ceiling
    assert full_jitter(ceiling, 0) == 0


@examples
@given(tiers_lists, st.floats(0, 200_000), st.floats(0, 200_000))
def test_a_longer_wait_never_has_a_shorter_tier(tiers: list[int], one: float, other: float) -> None:
    """A tier lasts at least as long as asked, unless it is the last."""
    shorter, longer = sorted((one, other))
    assert tier_for(tiers, shorter) <= tier_for(tiers, longer)
    assert tier_for(tiers, longer) >= longer or tier_for(tiers, longer) == tiers[-1]
