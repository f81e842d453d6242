"""The same on FastStream, httpx2 and uvloop."""

import json
import os
from typing import Any

import httpx2
import uvloop  # type: ignore[import-not-found]
from faststream import AckPolicy, FastStream  # type: ignore[import-not-found]
from faststream.rabbit import (  # type: ignore[import-not-found]
    Channel,
    ExchangeType,
    RabbitBroker,
    RabbitExchange,
    RabbitMessage,
    RabbitQueue,
)

PREFETCH = int(os.environ["PREFETCH"])

limits = httpx2.Limits(max_connections=PREFETCH, max_keepalive_connections=PREFETCH)
client = httpx2.AsyncClient(limits=limits, trust_env=False)
channel = Channel(prefetch_count=PREFETCH, publisher_confirms=True, on_return_raises=True)
broker = RabbitBroker(os.environ["AMQP_URL"], default_channel=channel, logger=None)
app = FastStream(broker)
replies = RabbitExchange("orders.replies", type=ExchangeType.TOPIC, durable=True, declare=False)
requests = RabbitQueue("orders.requests", durable=True, declare=False)


@broker.subscriber(requests, ack_policy=AckPolicy.NACK_ON_ERROR)  # type: ignore[untyped-decorator]
async def serve(fields: dict[str, Any], message: RabbitMessage) -> None:
    """The reply is confirmed when `publish` returns; the ack follows the function's end."""
    request_id = message.raw_message.message_id
    form = {"key": os.environ["API_KEY"], "action": "add", **fields, "request_id": request_id}
    answer = await client.post(os.environ["API_URL"], data=form)
    order = answer.raise_for_status().json()["order"]
    body = json.dumps({"request_id": request_id, "status": "accepted", "order": order})
    await broker.publish(
        body.encode(),
        exchange=replies,
        routing_key="order.accepted",
        message_id=request_id,
        persist=True,
        mandatory=True,
    )


@app.after_startup  # type: ignore[untyped-decorator]
async def started() -> None:
    """The bench waits for this."""
    print("consuming", flush=True)


if __name__ == "__main__":
    uvloop.run(app.run())
