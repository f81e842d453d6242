"""The stand-in keeps exactly to the limits that it is told, and they may change while it serves."""

import asyncio

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.standin import Options, StandIn
from tests.world.standin.example import order_form
from tests.world.standin.faults import Status
from tests.world.standin.limiter import Bucket, Counted, Limited, Limiter, Limits, Window
from tests.world.standin.matching import AtRandom, FirstCalls

GAPS = st.lists(st.floats(min_value=0, max_value=0.3), min_size=1, max_size=100)


def allowed(limit: Limited, times: list[float]) -> list[float]:
    """The calls at these times that are within the limit."""
    return [at for at in times if limit.allows(at)]


def running(gaps: list[float]) -> list[float]:
    """The moments after these gaps."""
    return [sum(gaps[: place + 1]) for place in range(len(gaps))]


@pytest.mark.parametrize(
    ("limit", "rate", "times", "served"),
    [
        # A burst of a tenth of a second's, then a token a tenth of a second.
        (Bucket, 20.0, [0.0, 0.0, 0.0, 0.05, 0.05], [0.0, 0.0, 0.05]),
        # Never less than one.
        (Bucket, 2.0, [0.0, 0.0, 0.4, 0.5], [0.0, 0.5]),
        # What is not used is not saved beyond the burst.
        (Bucket, 20.0, [9.0, 9.0, 9.0], [9.0, 9.0]),
        (Window, 2.0, [0.0, 0.9, 0.95, 1.0, 1.5], [0.0, 0.9, 1.0]),
    ],
)
def test_what_is_within_a_limit(
    limit: type[Limited], rate: float, times: list[float], served: list[float]
) -> None:
    """Counted by hand."""
    assert allowed(limit(lambda _: rate), times) == served


@given(st.floats(min_value=0.5, max_value=50), GAPS)
def test_a_bucket_never_gives_more_than_its_rate_and_burst(rate: float, gaps: list[float]) -> None:
    """In no stretch of time, however calls come."""
    served = allowed(Bucket(lambda _: rate), running(gaps))
    for place, since in enumerate(served):
        for count, at in enumerate(served[place:], start=1):
            assert count <= max(1.0, rate / 10) + rate * (at - since) + 1e-6


@given(st.integers(min_value=1, max_value=20), GAPS)
def test_a_window_never_has_more_than_its_rate_in_a_second(rate: int, gaps: list[float]) -> None:
    """In any second, not only in those of the clock."""
    served = allowed(Window(lambda _: rate), running(gaps))
    assert all(sum(since <= at < since + 1 for at in served) <= rate for since in served)


def test_a_change_of_the_rate_keeps_what_was_counted() -> None:
    """Half the rate is not a fresh burst; another way of counting begins anew."""
    limiter = Limiter(Limits(rate_per_second=20))
    assert [limiter.allows(0.0) for _ in range(3)] == [True, True, False]
    limiter.change(Limits(rate_per_second=40))
    assert not limiter.allows(0.0)
    limiter.change(Limits(rate_per_second=2, counted=Counted.WINDOW))
    assert [limiter.allows(0.0) for _ in range(3)] == [True, True, False]
    limiter.change(Limits())
    assert all(limiter.allows(0.0) for _ in range(100))


@pytest.mark.parametrize("told", [None, 0, 5])
async def test_a_call_too_many(api: StandIn, client: httpx2.AsyncClient, told: int | None) -> None:
    """429 with or without Retry-After, and no order; afterwards all are served again."""
    limits = {"rate_per_second": 0.001, "retry_after_seconds": told}
    assert (await client.put(api.base_url + "/limits", json=limits)).status_code == 200
    answers = [await client.post(api.url, data=order_form(f"o-{n}")) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert answers[1].headers.get("retry-after") == (None if told is None else str(told))
    assert [call.answered for call in api.calls] == ["placed", "throttled", "throttled"]
    assert api.ledger.orders == 1
    await client.put(api.base_url + "/limits", json={})
    assert (await client.post(api.url, data=order_form("o-3"))).status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b'{"rate_per_second": 0}', b'{"rate": 3}'])
async def test_limits_that_make_no_sense(
    api: StandIn, client: httpx2.AsyncClient, body: bytes
) -> None:
    """They change nothing."""
    before = api.limiter.limits
    assert (await client.put(api.base_url + "/limits", content=body)).status_code == 422
    assert api.limiter.limits is before


async def test_calls_wait_for_a_worker(client: httpx2.AsyncClient) -> None:
    """So many are served at a time, each for the latency; the log says when a worker had each."""
    async with StandIn(Options(limits=Limits(workers=2, latency_seconds=0.05))) as api:
        forms = [order_form(f"o-{number}") for number in range(6)]
        await asyncio.gather(*(client.post(api.url, data=form) for form in forms))
    spans = [(call.began_seconds or 0.0, call.ended_seconds or 0.0) for call in api.calls]
    assert all(ended - began > 0.04 for began, ended in spans)
    for moment, _ in spans:
        assert sum(began <= moment < ended for began, ended in spans) <= 2


async def test_the_first_attempts_of_each_order_fail(
    api: StandIn, client: httpx2.AsyncClient
) -> None:
    """Two of each, and the third is served."""
    api.faults.add(Status(status=500), FirstCalls(first=2), times=None)
    for name in ("a", "a", "b", "a", "b", "b"):
        await client.post(api.url, data=order_form(name))
    served = [call.request_id for call in api.calls if call.status == 200]
    assert served == ["a", "b"]


async def test_a_share_of_the_calls_fails(api: StandIn, client: httpx2.AsyncClient) -> None:
    """At random, and the same calls each time."""
    seen = []
    for _ in range(2):
        api.faults.clear()
        api.faults.add(Status(status=500), AtRandom(share=0.7), times=None)
        answers = [await client.post(api.url, data=order_form(f"o-{n}")) for n in range(50)]
        seen.append([answer.status_code for answer in answers])
    assert seen[0] == seen[1]
    assert 25 <= seen[0].count(500) <= 45
