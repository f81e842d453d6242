"""What is done to the broker: alarms, rights, connections, and queues that vanish.

A queue is only deleted when it is empty and nothing can come into it: what an operator throws away
is lost by the operator's hand.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial

from aiormq.abc import AbstractChannel

from service.core.topology import Binding
from tests.trials.chaos.amqp import AMQP_FAILURES, broker_connection
from tests.trials.chaos.brokers import FAILURES
from tests.trials.chaos.collecting import QUEUES
from tests.trials.chaos.plan import Planned
from tests.trials.chaos.world import World
from tests.world.load.waiting import until

EMPTY_WITHIN_SECONDS = 20.0
STILL_FOR = 4
"""So often in a row, half a second apart, a queue must be seen empty: counts are 0.3 s old."""

SOURCES = ("orders.requests", "orders.retry.")


async def alarm(world: World, planned: Planned) -> str | None:
    """The memory alarm blocks all publishers for a while."""
    return await _for_a_while(
        world, planned, lambda: world.broker.alarm(on=True), lambda: world.broker.alarm(on=False)
    )


async def close(world: World, planned: Planned) -> str | None:
    """The broker closes the connections of the relays, every other time those of everybody."""
    relays_only = planned.draw < 0.5
    try:
        count = await asyncio.to_thread(world.broker.close_connections, relays_only=relays_only)
    except FAILURES:
        return None
    return f"{count} connections"


async def deny_write(world: World, planned: Planned) -> str | None:
    """The relays may not publish (403) for a while; what they may is asked on new channels."""
    return await _deny(world, planned, write="")


async def deny_all(world: World, planned: Planned) -> str | None:
    """The relays may do nothing in the virtual host for a while."""
    return await _deny(world, planned, configure="", write="", read="")


async def deny_key(world: World, planned: Planned) -> str | None:
    """The relays may not publish with the key of one reply queue: each such reply closes (403)."""
    exchange = world.topology.replies_exchange
    queue = _reply_queue(planned)
    key = QUEUES[queue][0].replace(".", r"\.")
    done = await _for_a_while(
        world,
        planned,
        lambda: world.broker.deny_key(exchange, key),
        lambda: world.broker.deny_key(exchange, None),
    )
    return None if done is None else queue


async def stick_replies(world: World, planned: Planned) -> str | None:
    """One reply queue neither takes nor refuses anything for a while."""
    queue = _reply_queue(planned)
    async with world.broker_lock:
        done = await _for_a_while(
            world,
            planned,
            lambda: world.broker.stand_still(queue, on=True),
            lambda: world.broker.stand_still(queue, on=False),
        )
    return None if done is None else queue


def _reply_queue(planned: Planned) -> str:
    return list(QUEUES)[int(planned.draw * len(QUEUES))]


async def _deny(world: World, planned: Planned, **rights: str) -> str | None:
    def deny() -> None:
        world.broker.permit_relays(**rights)
        world.broker.close_connections(relays_only=True)

    return await _for_a_while(world, planned, deny, world.broker.permit_relays)


async def delete_retry(world: World, planned: Planned) -> str | None:
    """A retry queue is cut off, deleted once it is empty, and declared again after a while."""
    waiting = _bindings(world, lambda each: each.exchange == world.topology.retry_exchange)
    binding = waiting[int(planned.draw * len(waiting))]
    return await _delete(world, planned, binding, [binding.queue])


async def delete_requests(world: World, planned: Planned) -> str | None:
    """The requests queue is deleted once all is empty: the broker cancels its consumers."""
    (binding,) = _bindings(world, lambda each: each.queue == world.topology.requests_queue)
    # What waits for another try comes back into it, so that must be empty, too.
    queues = [queue.name for queue in world.topology.queues if queue.name.startswith(SOURCES)]
    try:
        return await _delete(world, planned, binding, queues, before=world.sending.clear)
    finally:
        world.sending.set()


async def delete_exchange(world: World, planned: Planned) -> str | None:
    """The exchange for replies is deleted (404 closes the channel), and declared after a while."""

    async def delete(channel: AbstractChannel) -> None:
        await channel.exchange_delete(world.topology.replies_exchange)

    return await _change_topology(world, planned, delete)


async def unbind_parked(world: World, planned: Planned) -> str | None:
    """The exchange for parked orders has no queue for a while: nothing can be parked."""
    return await _unbound(world, planned, world.topology.parked_exchange)


async def unbind_unrouted(world: World, planned: Planned) -> str | None:
    """Nor has the exchange for replies that nobody was bound for."""
    return await _unbound(world, planned, world.topology.unrouted_exchange)


async def _unbound(world: World, planned: Planned, exchange: str) -> str | None:
    (binding,) = _bindings(world, lambda each: each.exchange == exchange)
    return await _change_topology(world, planned, partial(_unbind, binding))


def _bindings(world: World, wanted: Callable[[Binding], bool]) -> list[Binding]:
    return [binding for binding in world.topology.bindings if wanted(binding)]


async def _unbind(binding: Binding, channel: AbstractChannel) -> None:
    await channel.queue_unbind(binding.queue, binding.exchange, binding.routing_key)


async def _delete(
    world: World,
    planned: Planned,
    binding: Binding,
    empty: Sequence[str],
    before: Callable[[], None] = lambda: None,
) -> str | None:
    async def delete(channel: AbstractChannel) -> None:
        before()
        await _unbind(binding, channel)
        await _still_empty(world, empty)
        await channel.queue_delete(binding.queue)

    return await _change_topology(world, planned, delete)


async def _change_topology(
    world: World, planned: Planned, change: Callable[[AbstractChannel], Awaitable[None]]
) -> str | None:
    detail = None
    async with world.broker_lock:
        # Not empty in time, or the broker was away: nothing was deleted, or all comes back.
        with suppress(*AMQP_FAILURES):
            async with broker_connection(world.broker.urls[0]) as connection:
                channel = await connection.channel()
                await change(await channel.get_underlay_channel())
            await asyncio.sleep(planned.lasts_seconds)
            detail = ""
        await world.declare_topology()
    return detail


async def _still_empty(world: World, names: Sequence[str]) -> None:
    """Returns when the queues have been empty for a while; TimeoutError when they never were."""
    seen = 0

    async def still_empty() -> bool:
        nonlocal seen
        queues = await asyncio.to_thread(world.broker.queues)
        seen = 0 if any(queues[name].messages for name in names) else seen + 1
        return seen == STILL_FOR

    await until(still_empty, "empty", timeout_seconds=EMPTY_WITHIN_SECONDS, poll_seconds=0.5)


async def _for_a_while(
    world: World, planned: Planned, begin: Callable[[], object], end: Callable[[], object]
) -> str | None:
    detail = None
    # Half done, perhaps; it is taken back all the same.
    with suppress(*FAILURES):
        await asyncio.to_thread(begin)
        await asyncio.sleep(planned.lasts_seconds)
        detail = ""
    await world.surely(end)
    return detail
