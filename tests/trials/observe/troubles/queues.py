"""Orders that wait, messages that nobody reads, replies that nobody gets, a broker that blocks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.trials.observe.site import Site
from tests.world.broker.raw import RawPublisher
from tests.world.load import until

SLOW_SECONDS = 2.0
MANY_PER_SECOND = 25.0
_BAD_MESSAGES = 3
_EMPTIED_SECONDS = 120.0


@asynccontextmanager
async def more_than_is_served(site: Site) -> AsyncIterator[None]:
    """The API takes two seconds for each order, and more orders come than are served."""
    usual = site.load.per_second
    async with site.api.following(fault="delay", seconds=SLOW_SECONDS):
        site.load.per_second = MANY_PER_SECOND
        try:
            yield
        finally:
            site.load.per_second = usual


@asynccontextmanager
async def messages_parked(site: Site) -> AsyncIterator[None]:
    """Messages come that no order can be made of; after, a person takes them out."""
    await asyncio.to_thread(_publish_without_id, site.host.url)
    yield
    await _emptied(site, "orders.parked")


@asynccontextmanager
async def replies_unbound(site: Site) -> AsyncIterator[None]:
    """The producer's queue of replies loses its binding; after, it is bound and the rest taken."""
    api, vhost = site.host.node.api, site.host.name
    bound = api.get("exchanges", vhost, "orders.replies", "bindings", "source") or []
    for one in bound:
        place = ("bindings", vhost, "e", "orders.replies", "q", one["destination"])
        api.delete(*place, one["properties_key"])
    try:
        yield
    finally:
        for one in bound:
            place = ("bindings", vhost, "e", "orders.replies", "q", one["destination"])
            api.post(*place, body={"routing_key": one["routing_key"]})
        await _emptied(site, "orders.unrouted")


@asynccontextmanager
async def publishers_blocked(site: Site) -> AsyncIterator[None]:
    """The broker's memory alarm, raised by a limit of nothing, while orders are at the API.

    Without them there would be no reply to publish: the alarm stops the producer of orders, too.
    """
    async with site.api.following(fault="delay", seconds=SLOW_SECONDS):
        await _at_the_api(site)
        try:
            await asyncio.to_thread(site.host.node.set_memory_alarm, on=True)
            yield
        finally:
            await asyncio.to_thread(site.host.node.set_memory_alarm, on=False)


async def _at_the_api(site: Site) -> None:
    async def some_are() -> bool:
        pages = [await relay.process.metrics() for relay in site.relays]
        return all(page["order_relay_in_flight"] for page in pages)

    await until(some_are, "orders are at the API", timeout_seconds=60.0)


def _publish_without_id(url: str) -> None:
    # Raw: aiormq gives every message an id.
    with RawPublisher(url) as publisher:
        for _ in range(_BAD_MESSAGES):
            publisher.publish(b"orders", b"order.request", {"delivery_mode": 2}, body=b"{}")


async def _emptied(site: Site, queue: str) -> None:
    api = site.host.node.api

    async def empty() -> bool:
        await asyncio.to_thread(api.delete, "queues", site.host.name, queue, "contents")
        return await site.host.ready(queue) == 0

    await until(empty, f"{queue} is empty", timeout_seconds=_EMPTIED_SECONDS, poll_seconds=1.0)
