"""How many deliveries a process takes, as its permits and its share change."""

from math import inf

import pytest

from service.flow.sending.prefetch import PATIENCE_SECONDS, Prefetch


def follow(prefetch: Prefetch, permits: int, rate_per_second: float = inf) -> None:
    """Let it be so for long enough."""
    for now in (0.0, PATIENCE_SECONDS):
        prefetch.follow(permits, rate_per_second, now, elsewhere=0, waiting=True)


@pytest.mark.parametrize(
    ("permits", "rate_per_second", "wanted"),
    [
        (64, inf, 128),
        (33, inf, 66),
        (2, inf, 4),
        (1, inf, 2),
        (64, 1.0, 60),
        (64, 0.5, 30),
        (64, 0.001, 2),
        (10_000, inf, 128),
        (64, 0.0, 4),
    ],
)
def test_two_for_each_permit_and_a_minute_of_the_share(
    permits: int, rate_per_second: float, wanted: int
) -> None:
    """No more than what is set, and few at first; without a share nothing is known."""
    prefetch = Prefetch(128)
    follow(prefetch, permits, rate_per_second)
    assert prefetch.now == wanted


def test_it_grows_at_once_and_to_twice_as_many_at_least() -> None:
    """An API that was slow for a while is used in full afterwards."""
    prefetch = Prefetch(128)
    for permits, wanted in ((2, 4), (3, 8), (4, 8), (64, 128)):
        prefetch.follow(permits, inf, 60.0, elsewhere=0, waiting=False)
        assert prefetch.now == wanted


def test_one_that_is_set_is_kept() -> None:
    """The operator's word counts."""
    prefetch = Prefetch(500, fixed=True)
    follow(prefetch, 1, 0.1)
    assert prefetch.now == 500


def test_fewer_are_taken_only_where_they_are_enough_for_a_while() -> None:
    """A moment in which the API is slow, or without orders, costs no new consumer."""
    prefetch = Prefetch(128)
    for permits, now, waiting in (
        *((64, 0.0, True), (4, 0.0, True), (4, 29.0, True), (64, 30.0, True)),
        *((4, 31.0, True), (4, 60.0, True), (4, 60.0, False), (4, 61.0, True), (4, 90.0, True)),
    ):
        prefetch.follow(permits, inf, now, elsewhere=0, waiting=waiting)
        assert prefetch.now == 128
    prefetch.follow(4, inf, 91.0, elsewhere=0, waiting=True)
    assert prefetch.now == 8


def test_after_a_hold_only_what_is_useful_is_taken() -> None:
    """While nothing is consumed fewer cost no new consumer."""
    prefetch = Prefetch(128)
    prefetch.follow(64, inf, 0.0, elsewhere=0, waiting=True)
    prefetch.follow(4, inf, 0.0, elsewhere=0, waiting=True)
    assert prefetch.now == 128
    prefetch.anew()
    assert prefetch.now == 8


def test_what_waits_elsewhere_keeps_nobody_from_the_api() -> None:
    """Four that wait for a retry are held beside the two for each permit, up to the most."""
    prefetch = Prefetch(128)
    for elsewhere, wanted in ((4, 8), (5, 16), (60, 64), (1000, 128)):
        prefetch.follow(2, inf, 0.0, elsewhere=elsewhere, waiting=False)
        assert prefetch.now == wanted
