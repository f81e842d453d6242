"""The `Retry-After` header, in each of the forms that RFC 9110 knows, and in forms it does not."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.retry_after import parse_retry_after
from tests.core.build import NOW, many_examples


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("0", 0.0, id="zero"),
        pytest.param("1", 1.0, id="one"),
        pytest.param("120", 120.0, id="two-minutes"),
        pytest.param(" 7\t", 7.0, id="white-space"),
        pytest.param("007", 7.0, id="leading-zeros"),
        pytest.param("0" * 20 + "5", 5.0, id="many-leading-zeros"),
        pytest.param("Sat, 31 Jan 2026 12:00:30 GMT", 30.0, id="IMF-fixdate"),
        pytest.param("Saturday, 31-Jan-26 12:00:30 GMT", 30.0, id="RFC-850"),
        pytest.param("Sat Jan 31 12:00:30 2026", 30.0, id="asctime"),
        pytest.param(" Sat, 31 Jan 2026 12:00:30 GMT ", 30.0, id="date-in-white-space"),
        pytest.param("Sat, 31 Jan 2026 13:00:30 +0100", 30.0, id="other-offset"),
        pytest.param("Sat, 31 Jan 2026 12:00:30 -0000", 30.0, id="unknown-offset"),
        pytest.param("Sat, 31 Jan 2026 12:00:00 GMT", 0.0, id="now"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT", 0.0, id="past-IMF-fixdate"),
        pytest.param("Sunday, 06-Nov-94 08:49:37 GMT", 0.0, id="past-RFC-850"),
        pytest.param("Sun Nov  6 08:49:37 1994", 0.0, id="past-asctime"),
    ],
)
def test_what_can_be_read(value: str, seconds: float) -> None:
    """Seconds, or a date; one in the past asks for no wait."""
    assert parse_retry_after(value, NOW) == seconds


@pytest.mark.parametrize("value", ["9" * 12, "9" * 13, "9" * 400, "1" + "0" * 5000])
def test_a_huge_wait_stays_huge(value: str) -> None:
    """However many digits, it is a finite number, and longer than any tier."""
    seconds = parse_retry_after(value, NOW)
    assert seconds is not None
    assert 1e9 < seconds < float("inf")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="absent"),
        pytest.param("", id="empty"),
        pytest.param("  ", id="blank"),
        pytest.param("-5", id="negative"),
        pytest.param("+5", id="signed"),
        pytest.param("1.5", id="fraction"),
        pytest.param("1e3", id="exponent"),
        pytest.param("5 s", id="unit"),
        pytest.param("5, 6", id="two-values"),
        pytest.param("soon", id="word"),
        pytest.param("\u0665", id="arabic-digit"),
        pytest.param("\uff15", id="full-width-digit"),
        pytest.param("\u00b2", id="superscript-digit"),
        pytest.param("\x00", id="NUL"),
        pytest.param("Sat, 32 Jan 2026 12:00:30 GMT", id="no-such-day"),
        pytest.param("Sat, 31 Jan 2026 25:00:30 GMT", id="no-such-hour"),
        pytest.param("Sat, 31 Jan 2026 12:00:30 +9900", id="no-such-offset"),
        pytest.param("Sat, 31 Jan 99999 12:00:30 GMT", id="no-such-year"),
        pytest.param("Sat, 99999999999 Jan 2026 12:00:30 GMT", id="day-of-11-digits"),
        pytest.param("Sat, 31 Jan 99999999999 12:00:30 GMT", id="year-of-11-digits"),
        pytest.param("Sat, 31 Jan 2026 99999999999:00:30 GMT", id="hour-of-11-digits"),
        pytest.param("Sat, 31 Jan 2026 12:00:30 +99999999999999", id="offset-of-14-digits"),
    ],
)
def test_what_cannot_be_read_says_nothing(value: str | None) -> None:
    """An absent or unreadable header is None, never an error: the order was sent already."""
    assert parse_retry_after(value, NOW) is None


dates = st.builds(
    "{}, {} {} {} {}:{}:{} {}".format,
    st.sampled_from(["Sat", "Saturday", ""]),
    st.integers(0, 10**12),
    st.sampled_from(["Jan", "Feb", "Dec", "Foo"]),
    st.integers(0, 10**12),
    st.integers(0, 99),
    st.integers(0, 99),
    st.integers(0, 99),
    st.sampled_from(["GMT", "+0000", "-0000", "+9999", "-99999999999", "EST", ""]),
)


@many_examples
@given(
    st.text() | st.text("0123456789 :,-+GMTJan") | dates,
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - hypothesis adds it
)
def test_no_value_raises_or_is_negative(value: str, moment: datetime) -> None:
    """Whatever the API sends, the wait is None or a finite number that is not negative."""
    seconds = parse_retry_after(value, moment.replace(tzinfo=NOW.tzinfo))
    assert seconds is None or 0 <= seconds < float("inf")
