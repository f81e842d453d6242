"""Points in time, as texts and as epoch seconds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
