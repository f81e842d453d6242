"""Three ways of limiting calls that anyone would write, to measure the relay against.

Run as a module with AMQP_URL, API_URL and API_KEY in its environment: it takes requests, orders,
replies and acks. `none` tries again at once, `wait` a second after each 429, and `fixed` calls
at an even pace, which is its part of the limit.
"""

import argparse
import asyncio
import json
import os

import aio_pika
import httpx2
from aio_pika.abc import AbstractIncomingMessage

CONCURRENCY = 64
WAIT_SECONDS = 1.0


class EvenPace:
    """Slots of equal length; none is made up for."""

    def __init__(self, per_second: float) -> None:
        self._seconds = 1 / per_second
        self._next = 0.0

    async def slot(self) -> None:
        """Returns when the next slot begins."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next + self._seconds, now)
        await asyncio.sleep(self._next - now)


async def ordered(
    client: httpx2.AsyncClient, form: dict[str, str], options: argparse.Namespace, pace: EvenPace
) -> str:
    """The id of the order, once the API gives one."""
    while True:
        if options.mode == "fixed":
            await pace.slot()
        answer = await client.post(os.environ["API_URL"], data=form)
        if answer.is_success:
            return str(answer.json()["order"])
        if options.mode == "wait":
            await asyncio.sleep(WAIT_SECONDS)


async def main(options: argparse.Namespace) -> None:
    """Serves until it is killed."""
    pace = EvenPace(options.per_second)
    limits = httpx2.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)
    connection = await aio_pika.connect(os.environ["AMQP_URL"])
    async with connection, httpx2.AsyncClient(limits=limits, trust_env=False) as client:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=CONCURRENCY)
        replies = await channel.get_exchange("orders.replies")
        queue = await channel.get_queue("orders.requests")

        async def serve(message: AbstractIncomingMessage) -> None:
            async with message.process():
                own = {"key": os.environ["API_KEY"], "action": "add"}
                form = own | json.loads(message.body) | {"request_id": message.message_id}
                order = await ordered(client, form, options, pace)
                body = {"request_id": message.message_id, "status": "accepted", "order": order}
                reply = aio_pika.Message(json.dumps(body).encode(), delivery_mode=2)
                await replies.publish(reply, "order.accepted")

        await queue.consume(serve)
        print("consuming", flush=True)
        await asyncio.Future()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=("none", "fixed", "wait"), required=True)
    parser.add_argument("--per-second", type=float, default=1.0, help="of this process")
    asyncio.run(main(parser.parse_args()))
