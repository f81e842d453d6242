"""What anyone would write first: `python script.py httpx2`, or httpx, whose interface is the same.

AMQP_URL, API_URL, API_KEY and PREFETCH are in its environment. It knows no retry but a requeue.
"""

import asyncio
import importlib
import json
import os
import sys

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

PREFETCH = int(os.environ["PREFETCH"])


async def main() -> None:
    """Serves until it is killed."""
    http = importlib.import_module(sys.argv[1])
    limits = http.Limits(max_connections=PREFETCH, max_keepalive_connections=PREFETCH)
    connection = await aio_pika.connect(os.environ["AMQP_URL"])
    async with connection, http.AsyncClient(limits=limits, trust_env=False) as client:
        channel = await connection.channel(on_return_raises=True)
        await channel.set_qos(prefetch_count=PREFETCH)
        replies = await channel.get_exchange("orders.replies", ensure=False)
        queue = await channel.get_queue("orders.requests", ensure=False)

        async def serve(message: AbstractIncomingMessage) -> None:
            async with message.process(requeue=True):
                form = {
                    "key": os.environ["API_KEY"],
                    "action": "add",
                    **json.loads(message.body),
                    "request_id": message.message_id,
                }
                answer = await client.post(os.environ["API_URL"], data=form)
                order = answer.raise_for_status().json()["order"]
                body = {"request_id": message.message_id, "status": "accepted", "order": order}
                reply = aio_pika.Message(
                    json.dumps(body).encode(), message_id=message.message_id, delivery_mode=2
                )
                # Back only when the broker has confirmed it; refused or returned, it raises.
                await replies.publish(reply, "order.accepted", mandatory=True)

        await queue.consume(serve)
        print("consuming", flush=True)
        await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main())
