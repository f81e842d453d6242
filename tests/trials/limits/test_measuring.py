"""What is computed from the API's calls, on calls made by hand."""

from math import inf

import pytest

from tests.trials.limits.measuring import (
    Call,
    back_after,
    busiest,
    delivered,
    late_by,
    overtaken_by,
    strayed,
    throttled,
    times_its_own,
)
from tests.world.standin.calls import Call as Noted


def call(
    at: float, order: str = "o", by: str = "a", answered: str = "placed", **times: float
) -> Call:
    """A call that was served at once."""
    return Call(at, order, by, answered, times.get("began", at), times.get("ended", at))


def steadily(rate: float, since: float, until: float, answered: str = "placed") -> list[Call]:
    """Calls that are evenly spaced."""
    count = round(rate * (until - since))
    return [call(since + number / rate, answered=answered) for number in range(count)]


@pytest.mark.parametrize(
    ("calls", "served", "refused"),
    [
        ([], 0.0, 0.0),
        (steadily(10, 0, 10), 1.0, 0.0),
        (steadily(9, 0, 10), 0.9, 0.0),
        # What came before and after does not count.
        (steadily(10, -10, 20), 1.0, 0.0),
        (steadily(5, 0, 10) + steadily(5, 0, 10, "throttled"), 0.5, 0.5),
        # A repeated order was served; a failure was neither served nor throttled.
        (steadily(5, 0, 10, "repeated") + steadily(5, 0, 10, "status"), 0.5, 0.0),
    ],
)
def test_shares(calls: list[Call], served: float, refused: float) -> None:
    """Of 10 a second from 0 to 10."""
    assert delivered(calls, 10, 0, 10) == pytest.approx(served)
    assert throttled(calls, 0, 10) == pytest.approx(refused)


@pytest.mark.parametrize(
    ("calls", "share"),
    [
        ([], 0.0),
        (steadily(10, 0, 60), 1.0),
        # Twice the rate for 1 s is 6 s of it in 5.
        (steadily(10, 0, 20) + steadily(10, 10, 11), 1.2),
        # What the API refuses was called for all the same.
        (steadily(10, 0, 20) + steadily(10, 0, 20, "throttled"), 2.0),
    ],
)
def test_the_busiest_stretch(calls: list[Call], share: float) -> None:
    """Of 5 s, of 10 a second."""
    assert busiest(calls, 10) == pytest.approx(share)


@pytest.mark.parametrize(
    ("calls", "seconds"),
    [
        ([], inf),
        (steadily(10, 0, 30), 0.0),
        (steadily(10, 0, 10) + steadily(10, 14, 30), 4.0),
        (steadily(10, 0, 10) + steadily(9, 10, 30), inf),
        # What comes after the end is not looked at.
        (steadily(10, 27, 60), inf),
    ],
)
def test_how_soon_the_full_rate_is_back(calls: list[Call], seconds: float) -> None:
    """Of 10 a second, from 10 on; looked at up to 30, a twentieth may be missing."""
    assert back_after(calls, 10, 10, 30) == pytest.approx(seconds)


B_THEN_A = [call(11, by="b"), call(12, by="a")]


@pytest.mark.parametrize(
    ("calls", "count"),
    [
        (B_THEN_A, 1),
        # The other one was not disturbed: it asks again for what was taken away from `a`.
        ([call(11, by="a"), call(12, by="b")], 0),
        # Served before `a` was disturbed.
        ([call(9, by="b"), call(12, by="a")], 0),
        # Not served.
        ([call(11, by="b", answered="throttled"), call(12, by="a")], 0),
        # Another order, or its own.
        ([call(11, "p", by="b"), call(12, by="a")], 0),
        ([call(11, by="a"), call(12, by="a")], 0),
        # Twice, and in the order of time.
        ([call(13, by="a"), *reversed(B_THEN_A)], 2),
    ],
)
def test_calls_for_an_order_that_is_another_s(calls: list[Call], count: int) -> None:
    """`a` is disturbed since 10."""
    assert strayed(calls, {"a"}, 10) == count


@pytest.mark.parametrize(
    ("served", "places"),
    [("abcd", 0), ("bcda", 3), ("dabc", 1), ("abd", 0), ("", 0), ("aabbccdd", 0)],
)
def test_how_late_an_order_comes(served: str, places: int) -> None:
    """They were sent as a, b, c, d; what was not served has no place."""
    calls = [call(at, order) for at, order in enumerate(served)]
    more = [call(-1, "d", answered="status"), call(-2, "another")]
    assert overtaken_by("abcd", [*reversed(calls), *more]) == places


def test_how_long_calls_wait_for_a_worker() -> None:
    """The slowest in a hundred, against the slowest of the API's own times."""
    quick = [call(at, ended=at + 0.1) for at in range(200)]
    one = [call(0, began=9, ended=9.1)]
    three = [call(at, began=at + 0.3, ended=at + 0.4) for at in range(3)]
    assert times_its_own(quick + one, 0.1, 0, 300) == pytest.approx(1)
    assert times_its_own(quick + three, 0.05, 0, 300) == pytest.approx(4)
    assert times_its_own(quick + three, 0.2, 0, 300) == pytest.approx(2)
    assert times_its_own([], 0.1, 0, 300) == inf
    assert late_by([*quick, call(1, ended=1.3)], 0.1) == pytest.approx(0.2)


def test_a_call_is_read_as_the_stand_in_notes_it() -> None:
    """Also where no worker had it."""
    noted = Noted("o-1", "k", 1.0, 2.0, "f", "throttled", 429)
    assert Call.read(noted.as_json()) == Call(1.0, "o-1", "k", "throttled", 1.0, 1.0)
