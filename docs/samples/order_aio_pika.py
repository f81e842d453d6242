"""An outbox of orders, sent with aio-pika: `python order_aio_pika.py outbox.jsonl`.

A line of the outbox is {"id": ..., "order": {...}, "deadline": epoch seconds or nothing}. In your
system it is a table, written in the transaction that decides on the order.
"""

import asyncio
import json
import os
import sys
import time

import aio_pika

URL = os.environ.get("AMQP_URL", "amqp://guest:guest@localhost:5672/")
ORDERS = os.environ.get("NAMESPACE", "orders")
QUEUE, KEY = "shop-a.replies.aio-pika", "shop-a.aio-pika"


async def send(exchange, line):
    """Publish one order; returns when the broker has it, raises where it has not."""
    headers = {"x-order-relay-deadline": line["deadline"]} if "deadline" in line else {}
    message = aio_pika.Message(
        json.dumps(line["order"]).encode(),
        message_id=line["id"],  # The same at every repeat.
        reply_to=KEY,  # A routing key, no queue's name.
        timestamp=int(time.time()),
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        headers=headers,
    )
    await exchange.publish(message, "order.request", mandatory=True, timeout=10)


def handle(reply):
    """What became of one order; kept before the reply is acked."""
    match reply["status"]:
        case "accepted":
            print(reply["request_id"], "accepted", reply["order"])
        case "rejected":
            print(reply["request_id"], "rejected: mend it, new id:", reply["error"]["message"])
        case "failed":
            print(reply["request_id"], "failed: no order exists, may be sent again")
        case _:
            print(reply["request_id"], "unknown: wait for a person, do not order again")


async def work(outbox, unconfirmed, unanswered):
    """One connection: bind, publish what is not confirmed, read replies until all are there."""
    connection = await aio_pika.connect(URL, timeout=10)
    async with connection:
        # Without on_return_raises an order that no queue takes counts as sent.
        channel = await connection.channel(on_return_raises=True)
        queue = await channel.declare_queue(
            QUEUE, durable=True, arguments={"x-queue-type": "quorum"}
        )
        await queue.bind(f"{ORDERS}.replies", KEY)
        exchange = await channel.get_exchange(ORDERS, ensure=False)
        for line in outbox:
            if line["id"] in unconfirmed:
                await send(exchange, line)
                unconfirmed.discard(line["id"])
        async with queue.iterator() as replies:
            async for message in replies:
                reply = json.loads(message.body)
                # A reply comes at least once, and may be to somebody else's order.
                if reply["request_id"] in unanswered:
                    handle(reply)
                    unanswered.discard(reply["request_id"])
                await message.ack()
                if not unanswered:
                    return


async def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        outbox = [json.loads(line) for line in file]
    unconfirmed = {line["id"] for line in outbox}
    unanswered = set(unconfirmed)
    while unanswered:
        try:
            await work(outbox, unconfirmed, unanswered)
        except (aio_pika.exceptions.AMQPError, OSError, TimeoutError) as error:
            # Nothing is lost: what was not confirmed goes out again, under the same ids.
            print("again in a second:", repr(error), file=sys.stderr)
            await asyncio.sleep(1)


asyncio.run(main())
