"""The producers' reply queues: durable, so that no reply is lost while nobody listens."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any, Literal

import aio_pika
from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel, DeliveredMessage

from service.edges.amqp.broker import underlay
from tests.trials.chaos.amqp import AGAIN_SECONDS, AMQP_FAILURES
from tests.trials.chaos.history import Told

QUEUES = {
    "chaos.replies.0": ("chaos.0", "order.#"),
    "chaos.replies.1": ("chaos.1",),
    "chaos.replies.2": ("chaos.2",),
}
"""Each reply queue with its routing keys on the exchange for replies."""

PREFETCH = 200
CONNECT_SECONDS = 5.0
DECLARE_SECONDS = 30.0


class Collecting:
    """Every reply that has come, in its order; several to one order are kept apart."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.answered: set[str] = set()
        self.problems: list[str] = []

    async def run(self, urls: Sequence[str]) -> None:
        """Collects until cancelled, over as many connections as it takes."""
        number = 0
        while True:
            try:
                connection = await aio_pika.connect(
                    urls[number % len(urls)], timeout=CONNECT_SECONDS
                )
                async with connection:
                    await self._collect(connection)
            except AMQP_FAILURES:
                number += 1
                await asyncio.sleep(AGAIN_SECONDS)

    async def _collect(self, connection: AbstractConnection) -> None:
        async with asyncio.timeout(DECLARE_SECONDS):
            outer = await connection.channel(publisher_confirms=False)
            channel = await outer.get_underlay_channel()
            await channel.basic_qos(prefetch_count=PREFETCH)

            async def take(message: DeliveredMessage) -> None:
                self._take(message.body)
                if message.delivery_tag is not None:
                    await channel.basic_ack(message.delivery_tag)

            # A channel does not end with its connection in every case, nor with its consumers.
            over = asyncio.Event()
            channel.on_consumer_cancel_callbacks.add(lambda _: over.set())
            for closing in (channel.closing, underlay(connection).closing):
                closing.add_done_callback(lambda _: over.set())
            for queue in QUEUES:
                await channel.basic_consume(queue, take)
        await over.wait()

    def _take(self, body: bytes) -> None:
        try:
            told = read_reply(body, "replies")
        except (ValueError, KeyError) as error:
            self.problems.append(f"a reply that cannot be read ({error!r}): {body!r}")
            return
        self.told.append(told)
        self.answered.add(told.request_id)


def read_reply(body: bytes, where: Literal["replies", "unrouted"]) -> Told:
    """A reply that has arrived now; ValueError or KeyError where it is none."""
    reply: dict[str, Any] = json.loads(body)
    return Told(
        request_id=reply["request_id"],
        status=reply["status"],
        code=reply.get("error", {}).get("code"),
        order=reply.get("order"),
        attempts=reply["attempts"],
        arrived_at=time.time(),
        where=where,
    )


async def declare_reply_queues(channel: AbstractChannel, exchange: str) -> None:
    """The reply queues with their bindings, as often as one likes."""
    for queue, keys in QUEUES.items():
        await channel.queue_declare(
            queue, durable=True, arguments={"x-queue-type": "quorum"}, timeout=DECLARE_SECONDS
        )
        for key in keys:
            await channel.queue_bind(queue, exchange, key, timeout=DECLARE_SECONDS)
