"""How many deliveries a process takes, as its permits and its share change."""

from math import inf

import pytest

from service.flow.sending.prefetch import PATIENCE_SECONDS, Prefetch


def follow(prefetch: Prefetch, permits: int, rate_per_second: float = inf) -> None:
    """Let it be so for long enough."""
    for now in (0.0, PATIENCE_SECONDS):
        prefetch.follow(permits, rate_per_second, now)


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
    follow(prefetch, permits, rate_per_second)
    assert prefetch.now == wanted


def test_it_grows_again() -> None:
    """An API that was slow for a while is used in full afterwards."""
    prefetch = Prefetch(128)
    follow(prefetch, 4)
    assert prefetch.now == 8
    follow(prefetch, 7)
    assert prefetch.now == 8
    prefetch.follow(64, inf, 60.0)
    assert prefetch.now == 128


def test_one_that_is_set_is_kept() -> None:
    """The operator's word counts."""
    prefetch = Prefetch(500, fixed=True)
    follow(prefetch, 1, 0.1)
    assert prefetch.now == 500


def test_fewer_are_taken_only_where_they_are_enough_for_a_while() -> None:
    """A moment in which the API is slow costs no new consumer."""
    prefetch = Prefetch(128)
    for permits, now in ((4, 0.0), (4, 29.0), (64, 30.0), (4, 31.0), (4, 60.0)):
        prefetch.follow(permits, inf, now)
        assert prefetch.now == 128
    prefetch.follow(4, inf, 61.0)
    assert prefetch.now == 8
