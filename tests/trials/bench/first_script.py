"""What anyone would write first, to measure the relay against: no retry, no rule, no promise.

Run as a module with AMQP_URL, API_URL and API_KEY in its environment, it takes requests,
orders, replies and acks, and is as fast as aio-pika and httpx2 let it be.
"""

import asyncio
import json
import os

import aio_pika
import httpx2
from aio_pika.abc import AbstractIncomingMessage

CONCURRENCY = 64


async def main() -> None:
    """Serves until it is killed."""
    limits = httpx2.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)
    connection = await aio_pika.connect(os.environ["AMQP_URL"])
    async with connection, httpx2.AsyncClient(limits=limits, trust_env=False) as client:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=CONCURRENCY)
        replies = await channel.get_exchange("orders.replies")
        queue = await channel.get_queue("orders.requests")

        async def serve(message: AbstractIncomingMessage) -> None:
            async with message.process():
                fields = json.loads(message.body)
                form = {
                    "key": os.environ["API_KEY"],
                    "action": "add",
                    **fields,
                    "request_id": message.message_id,
                }
                answer = await client.post(os.environ["API_URL"], data=form)
                order = answer.raise_for_status().json()["order"]
                body = {"request_id": message.message_id, "status": "accepted", "order": order}
                reply = aio_pika.Message(json.dumps(body).encode(), delivery_mode=2)
                await replies.publish(reply, "order.accepted")

        await queue.consume(serve)
        print("consuming", flush=True)
        await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main())
