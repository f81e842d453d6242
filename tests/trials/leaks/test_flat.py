"""What counts as growing."""

import pytest

from tests.trials.leaks.flat import Sample, slope, trends


def _samples(tasks: list[int], files: list[int] | None = None, kib: int = 0) -> list[Sample]:
    files = files or [12] * len(tasks)
    return [
        Sample(10 * number, count, open_, 50_000 + kib * number)
        for number, (count, open_) in enumerate(zip(tasks, files, strict=True), 1)
    ]


def _growing(samples: list[Sample]) -> list[str]:
    return [trend.name for trend in trends(samples) if not trend.flat]


def test_what_comes_and_goes_is_flat() -> None:
    """Noise around a level, and a start that is lower than the rest."""
    assert _growing(_samples([3, 5, *([17, 19, 16, 18] * 5)])) == []


def test_a_step_is_flat() -> None:
    """Connections to the API are kept and dropped as it suits, a few at a time."""
    assert _growing(_samples([17] * 10, [12] * 5 + [16] * 5)) == []


@pytest.mark.parametrize("each", [1, 2])
def test_one_task_more_every_ten_times_is_found(each: int) -> None:
    """So is a descriptor."""
    level, growing = [17] * 30, [17 + each * number for number in range(30)]
    assert _growing(_samples(growing)) == ["tasks"]
    assert _growing(_samples(level, growing)) == ["descriptors"]


def test_a_task_that_stays_each_time_is_found_in_a_short_run() -> None:
    """Thirty times, looked at after each."""
    samples = [Sample(number, 10 + number, 12, 50_000) for number in range(1, 31)]
    assert _growing(samples) == ["tasks"]


def test_memory_that_grows_is_found() -> None:
    """A hundred KiB in ten times is a megabyte in a hundred."""
    assert _growing(_samples([17] * 50, kib=10)) == []
    assert _growing(_samples([17] * 50, kib=100)) == ["memory, KiB"]


def test_the_slope_is_that_of_the_line() -> None:
    """Through the points where they are on one; 0 where they are one point."""
    assert slope([(0, 1), (1, 3), (2, 5)]) == pytest.approx(2)
    assert slope([(1, 3), (1, 5)]) == 0
