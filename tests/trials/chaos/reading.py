"""What is read out when a run is over: the queues that keep something, and the API's books."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiormq.abc import AbstractChannel

from tests.trials.chaos.amqp import broker_connection
from tests.trials.chaos.collecting import read_reply
from tests.trials.chaos.history import Booked, Called, Found, Told
from tests.trials.chaos.world import World

KEEPING = ("orders.parked", "orders.unrouted")
"""Queues that may keep something when all is quiet."""


def waiting(depths: Mapping[str, int]) -> int:
    """How many messages still wait for something, by the depths of all queues."""
    return sum(count for name, count in depths.items() if name not in KEEPING)


async def depths(world: World) -> dict[str, int]:
    """How many messages each queue holds, unacknowledged ones included, as of a moment ago."""
    queues = await asyncio.to_thread(world.broker.queues)
    return {name: queue.messages for name, queue in queues.items()}


async def read_queues(world: World) -> tuple[tuple[Found, ...], tuple[Told, ...]]:
    """What the queues of the topology hold, and the replies that nobody was bound for."""
    found: list[Found] = []
    unrouted: list[Told] = []
    async with broker_connection(world.broker.urls[0]) as connection:
        outer = await connection.channel(publisher_confirms=False)
        channel = await outer.get_underlay_channel()
        for queue in world.topology.queues:
            for message_id, body in await _drain(channel, queue.name):
                if queue.name == "orders.unrouted":
                    unrouted.append(read_reply(body, "unrouted"))
                else:
                    found.append(Found(message_id, queue.name))
    return tuple(found), tuple(unrouted)


async def _drain(channel: AbstractChannel, queue: str) -> list[tuple[str, bytes]]:
    messages = []
    while (message := await channel.basic_get(queue, no_ack=True)).delivery_tag:
        properties = message.header.properties
        messages.append((properties.message_id or "", message.body))
    return messages


async def read_api(world: World) -> tuple[tuple[Called, ...], tuple[Booked, ...]]:
    """Every call that arrived, and every request_id in the ledger."""
    calls = await world.api.ask("GET", "/calls")
    ledger = await world.api.ask("GET", "/ledger")
    called = tuple(
        Called(
            request_id=call["request_id"],
            arrived_at=call["wall_seconds"],
            fingerprint=call["fingerprint"],
            answered=call["answered"],
            status=call["status"],
            order_placed=call["order_placed"],
        )
        for call in calls
    )
    booked = tuple(
        Booked(
            request_id=request_id,
            orders=entry["orders"],
            order=_order_in(entry["answer"]),
            conflicts=entry["conflicts"],
        )
        for request_id, entry in ledger["by_request_id"].items()
    )
    return called, booked


def _order_in(answer: str | None) -> str | None:
    value: Any = None if answer is None else json.loads(answer)
    return value.get("order") if isinstance(value, dict) else None
