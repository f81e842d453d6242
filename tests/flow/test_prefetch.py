"""How many deliveries a process takes, as its permits and its share change."""

from math import inf

import pytest

from service.flow.sending.prefetch import Prefetch


@pytest.mark.parametrize(
    ("permits", "rate_per_second", "wanted"),
    [
        (64, inf, 128),
        (33, inf, 128),
        (32, inf, 64),
        (1, inf, 2),
        (64, 1.0, 60),
        (64, 0.5, 30),
        (64, 0.001, 2),
        (10_000, inf, 128),
        (1, 0.0, 128),
    ],
)
def test_two_for_each_permit_and_a_minute_of_the_share(
    permits: int, rate_per_second: float, wanted: int
) -> None:
    """No more than what is set, and no change for little; without a share nothing is known."""
    prefetch = Prefetch(128)
    prefetch.follow(permits, rate_per_second)
    assert prefetch.now == wanted


def test_it_grows_again() -> None:
    """An API that was slow for a while is used in full afterwards."""
    prefetch = Prefetch(128)
    prefetch.follow(4, inf)
    assert prefetch.now == 8
    prefetch.follow(7, inf)
    assert prefetch.now == 8
    prefetch.follow(64, inf)
    assert prefetch.now == 128


def test_one_that_is_set_is_kept() -> None:
    """The operator's word counts."""
    prefetch = Prefetch(500, fixed=True)
    prefetch.follow(1, 0.1)
    assert prefetch.now == 500
