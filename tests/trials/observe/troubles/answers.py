"""An API that is away, slow, wrong, or refuses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from tests.trials.observe.load import orders
from tests.trials.observe.site import Site
from tests.world.load import Producer

LATE = 6
"""How many answers are late: the alert wants more than four."""
LATE_SECONDS = 6.5
"""A late answer is one of more than 5 s here, and 10 s end an attempt."""
FAILED = 30
THROTTLED_EVERY = 20
UNSURE = 6
_BACKLOG = 100
_BURST_SECONDS = 300.0


@asynccontextmanager
async def api_refuses_connections(site: Site) -> AsyncIterator[None]:
    """Nobody listens where the API was, for all relays."""
    async with AsyncExitStack() as stack:
        for relay in site.relays:
            await stack.enter_async_context(relay.api_link.refusing())
        yield


def key_refused(site: Site) -> AbstractAsyncContextManager[None]:
    """The API knows another key only."""
    return site.api.refusing_the_key()


def balance_gone(site: Site) -> AbstractAsyncContextManager[None]:
    """Every order is refused."""
    return site.api.following(fault="ok_with_error", error="Insufficient balance")


def throttled(site: Site) -> AbstractAsyncContextManager[None]:
    """Every call is answered 429, come again in five seconds."""
    return site.api.following(fault="status", status=429, headers={"Retry-After": "5"})


def throttled_below_the_budget(site: Site) -> AbstractAsyncContextManager[None]:
    """One call in so many is answered 429, however few there are: others use the key, too."""
    return site.api.following(
        match={"every": THROTTLED_EVERY}, fault="status", status=429, headers={"Retry-After": "0"}
    )


def some_calls_fail(site: Site) -> AbstractAsyncContextManager[None]:
    """Every third call is answered 500, a few times."""
    return _with_fault(site, match={"every": 3}, times=FAILED, fault="status", status=500)


def some_answers_late(site: Site) -> AbstractAsyncContextManager[None]:
    """A few calls are answered late."""
    return _with_fault(site, times=LATE, fault="delay", seconds=LATE_SECONDS)


@asynccontextmanager
async def _with_fault(site: Site, **rule: Any) -> AsyncIterator[None]:
    """Until it has struck as often as it may."""
    await site.api.ask("POST", "/faults", json=rule)
    yield


@asynccontextmanager
async def outcomes_unknown(site: Site) -> AsyncIterator[None]:
    """A few orders are placed and never answered for, until they are given up."""
    match = {"request_id": "unsure-*"}
    async with site.api.following(match=match, fault="reset_after"):
        async with Producer.connect(site.host.url) as producer:
            unsure = orders("unsure")
            await producer.publish_all(next(unsure) for _ in range(UNSURE))
        yield
    await site.host.drain("orders.parked")


@asynccontextmanager
async def good_orders_outweigh(site: Site) -> AsyncIterator[None]:
    """As many good orders as the relay takes come inside the block, without a backlog."""

    async def publish() -> None:
        before = len(site.replies)
        async with Producer.connect(site.host.url) as producer:
            await producer.publish_behind(
                orders(f"{site.name}-more"),
                lambda: len(site.replies) - before,
                backlog=_BACKLOG,
                within=_BURST_SECONDS,
            )

    publishing = asyncio.create_task(publish())
    try:
        yield
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
