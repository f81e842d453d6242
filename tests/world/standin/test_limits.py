"""Calls beyond the budget are told to come again."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.standin import Options, Rate, StandIn
from tests.world.standin.example import order_form
from tests.world.standin.rules import TokenBucket


@pytest.mark.parametrize(
    "rate",
    [
        Rate(0.01, burst=1),
        Rate(0.01, burst=1, status=503),
        Rate(0.01, burst=1, retry_after="date"),
        Rate(0.01, burst=1, retry_after="none"),
    ],
    ids=["429", "503", "date", "none"],
)
async def test_a_call_beyond_the_burst(client: httpx2.AsyncClient, rate: Rate) -> None:
    """It gets the configured status, whole seconds, a date or nothing, and makes no order."""
    async with StandIn(Options(rate=rate)) as api:
        assert (await client.post(api.url, data=order_form("o-1"))).status_code == 200
        before = datetime.fromtimestamp(time.time(), tz=UTC)
        answer = await client.post(api.url, data=order_form("o-2"))
        assert answer.status_code == rate.status
        assert api.ledger.orders == 1
        assert api.ledger.calls_of("o-2") == 1
        assert api.calls[-1].answered == "throttled"
    told = answer.headers.get("retry-after", "")
    if rate.retry_after == "none":
        assert "retry-after" not in answer.headers
    elif rate.retry_after == "seconds":
        assert 90 <= int(told) <= 100
    else:
        assert told.endswith(" GMT")
        assert 90 <= (parsedate_to_datetime(told) - before).total_seconds() <= 102


@given(st.lists(st.floats(0, 2), max_size=50), st.floats(1, 50))
def test_no_more_than_the_rate_and_the_burst(gaps: list[float], per_second: float) -> None:
    """In any stretch of time no more calls pass than the burst and what the time has earned."""
    bucket, now, passed = TokenBucket(Rate(per_second, burst=2), 0.0), 0.0, 0
    for gap in gaps:
        now += gap
        passed += bucket.take(now) == 0
        assert passed <= 2 + now * per_second + 1e-6


def test_who_waits_as_told_passes() -> None:
    """The seconds that a refused call is told are enough."""
    bucket = TokenBucket(Rate(4, burst=1), 0.0)
    assert bucket.take(0.0) == 0
    assert bucket.take(0.0) == 0.25
    assert bucket.take(0.25) == 0


def test_rates_that_make_no_sense() -> None:
    """A rate of 0, a burst below 1 and a 503 without Retry-After are refused."""
    with pytest.raises(ValueError, match="above 0"):
        Rate(0)
    with pytest.raises(ValueError, match="at least 1"):
        Rate(1, burst=0.5)
    with pytest.raises(ValueError, match="no throttling"):
        Rate(1, status=503, retry_after="none")
