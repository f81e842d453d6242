"""Points in time: as texts, as epoch seconds, and in each form of `Retry-After`, known or not."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.retry_after import parse_retry_after
from service.core.times import from_epoch_seconds, from_rfc3339, to_rfc3339
from tests.core.build import NOW, many_examples


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOW, "2026-01-31T12:00:00.000000Z"),
        (NOW.replace(microsecond=7), "2026-01-31T12:00:00.000007Z"),
        (NOW.astimezone(timezone(timedelta(hours=5.5))), "2026-01-31T12:00:00.000000Z"),
        (datetime(987, 6, 5, tzinfo=UTC), "0987-06-05T00:00:00.000000Z"),
    ],
    ids=["whole", "microseconds", "other-offset", "year-987"],
)
def test_a_moment_is_written_in_utc_with_a_fixed_width(moment: datetime, text: str) -> None:
    """Texts of moments sort as the moments do."""
    assert to_rfc3339(moment) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.000Z",
        "2026-01-31T13:30:00+01:30",
        "2026-01-31 12:00:00+00:00",
    ],
)
def test_other_ways_to_write_a_moment_are_read(text: str) -> None:
    """What a person or another program writes by RFC 3339 is understood."""
    assert from_rfc3339(text) == NOW
    assert from_rfc3339(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "now", "12:00", "2026-13-01T00:00:00Z", "2026-01-31T24:01Z"])
def test_what_names_no_moment_is_a_value_error(text: str) -> None:
    """The caller knows which header it was."""
    with pytest.raises(ValueError, match=r"."):
        from_rfc3339(text)


@pytest.mark.parametrize("text", ["2026-01-31T12:00:00", "2026-01-31"])
def test_a_moment_without_an_offset_is_refused(text: str) -> None:
    """Nobody can tell which hour it means."""
    with pytest.raises(ValueError, match="has no offset from UTC"):
        from_rfc3339(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_a_moment_that_utc_cannot_hold_is_a_value_error(text: str) -> None:
    """Before the year 1 and after the year 9999 there is no datetime, and no other error."""
    with pytest.raises(ValueError, match=r"."):
        from_rfc3339(text)


@many_examples
@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read_back(moment: datetime) -> None:
    """To the microsecond, in every year that there is."""
    text = to_rfc3339(moment)
    assert from_rfc3339(text) == moment
    assert len(text) == 27


@pytest.mark.parametrize(
    ("seconds", "moment"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (NOW.timestamp(), NOW),
        (NOW.timestamp() + 0.25, NOW + timedelta(milliseconds=250)),
    ],
    ids=["zero", "whole", "fraction"],
)
def test_epoch_seconds_name_a_moment(seconds: float, moment: datetime) -> None:
    """Whole and broken seconds since 1970 in UTC."""
    assert from_epoch_seconds(seconds) == moment


@pytest.mark.parametrize(
    "seconds",
    [1e12, -1e12, 1e30, 10**400, float("nan"), float("inf")],
    ids=["1e12", "-1e12", "1e30", "1e400", "NaN", "infinity"],
)
def test_epoch_seconds_out_of_range_are_a_value_error(seconds: float) -> None:
    """Milliseconds, infinity and the like are told in one way."""
    with pytest.raises(ValueError, match=r"."):
        from_epoch_seconds(seconds)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("0", 0.0, id="zero"),
        pytest.param("1", 1.0, id="one"),
        pytest.param("120", 120.0, id="two-minutes"),
        pytest.param(" 7\t", 7.0, id="white-space"),
        pytest.param("007", 7.0, id="leading-zeros"),
        pytest.param("0" * 20 + "5", 5.0, id="many-leading-zeros"),
        pytest.param("6.5", 6.5, id="decimals"),
        pytest.param("2.0", 2.0, id="whole-decimals"),
        pytest.param("0.0", 0.0, id="zero-decimals"),
        pytest.param("1." + "3" * 400, 1.33333333333, id="many-decimals"),
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
        pytest.param("1.5.5", id="two-points"),
        pytest.param("1.", id="point-at-the-end"),
        pytest.param("0" * 60_000 + "x", id="60000-zeros-and-a-letter"),
        pytest.param("(" * 60_000, id="60000-brackets"),
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


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        pytest.param("Sat, 31 Jan 2026 11:50:00 GMT", 630.0, id="behind"),
        pytest.param("Sat, 31 Jan 2026 12:00:20 GMT", 10.0, id="ahead"),
        pytest.param("Sat, 31 Jan 2026 13:00:00 GMT", 0.0, id="past"),
        pytest.param(None, 30.0, id="absent"),
        pytest.param("today", 30.0, id="unreadable"),
    ],
)
def test_a_date_is_read_against_the_answers_own(date: str | None, seconds: float) -> None:
    """The API's clock may be wrong; how long it asks to wait is not."""
    assert parse_retry_after("Sat, 31 Jan 2026 12:00:30 GMT", NOW, date) == seconds


def test_seconds_need_no_date() -> None:
    """They count from when the answer came."""
    assert parse_retry_after("7", NOW, "Sat, 31 Jan 2026 11:50:00 GMT") == 7.0


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
