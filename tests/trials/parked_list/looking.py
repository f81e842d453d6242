"""Parks messages, lists them again and again, and says how long it took."""

import asyncio
import time
from dataclasses import dataclass

import aio_pika

from service.commands.parked.looking import look
from service.commands.parked.place import Place
from service.core.parked.selecting import Selection
from service.edges.amqp.codec import to_properties
from tests.commands.parked.scene import unknown


@dataclass(frozen=True)
class Looked:
    """One look: how long it took, of that on the processor here, and whether all was in order."""

    seconds: float
    cpu_seconds: float
    in_order: bool


def name(number: int) -> str:
    """The id of the message that was parked as this one."""
    return f"parked-{number}"


async def park(url: str, count: int) -> None:
    """So many, each in the relay's own form; all are there after it."""
    async with await aio_pika.connect(url, timeout=30) as connection:
        channel = await (await connection.channel(publisher_confirms=False)).get_underlay_channel()
        for number in range(count):
            one = unknown(name(number), 60.0)
            await channel.basic_publish(
                one.message.body,
                exchange="orders.parked",
                routing_key="",
                properties=to_properties(one.message),
            )
        # Answered behind all that was published.
        ready = 0
        while ready < count:
            found = await channel.queue_declare("orders.parked", passive=True)
            ready = found.message_count or 0


def looked_at(place: Place, count: int) -> Looked:
    """List all of them once."""
    wanted = [name(number) for number in range(count)]
    began, cpu = time.monotonic(), time.process_time()
    found = asyncio.run(look(place, Selection(), whole=False))
    ended = (time.monotonic() - began, time.process_time() - cpu)
    return Looked(*ended, [one.message_id for one in found] == wanted)
