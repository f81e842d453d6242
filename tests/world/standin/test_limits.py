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
from tests.world.standin.limits import TokenBucket


@pytest.mark.parametrize("status", [429, 503])
async def test_seconds(client: httpx2.AsyncClient, status: int) -> None:
    """A call beyond the burst gets the configured status and whole seconds; no order is made."""
    rate = Rate(0.01, burst=1, status=503 if status == 503 else 429)
    async with StandIn(Options(rate=rate)) as api:
        assert (await client.post(api.url, data=order_form("o-1"))).status_code == 200
        answer = await client.post(api.url, data=order_form("o-2"))
        assert answer.status_code == status
        assert 90 <= int(answer.headers["retry-after"]) <= 100
        assert api.ledger.orders == 1
        assert api.ledger.calls_of("o-2") == 1
        assert api.calls[-1].answered == "throttled"


async def test_a_date(client: httpx2.AsyncClient) -> None:
    """Retry-After as an HTTP date lies in the future by the time to wait."""
    async with StandIn(Options(rate=Rate(0.01, burst=1, retry_after="date"))) as api:
        await client.post(api.url, data=order_form("o-1"))
        before = datetime.fromtimestamp(time.time(), tz=UTC)
        answer = await client.post(api.url, data=order_form("o-2"))
    assert answer.status_code == 429
    assert answer.headers["retry-after"].endswith(" GMT")
    wait = parsedate_to_datetime(answer.headers["retry-after"]) - before
    assert 90 <= wait.total_seconds() <= 102


async def test_nothing(client: httpx2.AsyncClient) -> None:
    """A 429 may come without Retry-After."""
    async with StandIn(Options(rate=Rate(0.01, burst=1, retry_after="none"))) as api:
        await client.post(api.url, data=order_form("o-1"))
        answer = await client.post(api.url, data=order_form("o-2"))
    assert answer.status_code == 429
    assert "retry-after" not in answer.headers


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
