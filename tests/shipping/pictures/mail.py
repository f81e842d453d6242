"""Messages of a day that are not just orders: urgent ones, of no usable id, no orders at all."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count

import aio_pika

from tests.trials.chaos.amqp import AGAIN_SECONDS, AMQP_FAILURES, broker_connection

EVERY_SECONDS = 5.0
_URGENT_SECONDS = 100
_ODD = {20: ("long-" + "x" * 150, b"{}"), 260: ("odd-text", b"two of them, please")}
"""By its number: one whose id is too long, which is parked, and one that is no order."""


def letter(number: int, now: float) -> aio_pika.Message:
    """The one of this number: an urgent order, but for two that are none."""
    if number in _ODD:
        message_id, body = _ODD[number]
        return aio_pika.Message(body, message_id=message_id, delivery_mode=2)
    order = {"service": 1500, "link": f"https://example.com/u/{number}", "quantity": 10 + number}
    return aio_pika.Message(
        json.dumps(order).encode(),
        message_id=f"urgent-{number}",
        headers={"x-order-relay-deadline": round(now) + _URGENT_SECONDS},
        delivery_mode=2,
    )


async def send(url: str, between_seconds: float = EVERY_SECONDS) -> None:
    """Sends them until it is cancelled, whatever becomes of the broker."""
    numbers = count()
    while True:
        with suppress(*AMQP_FAILURES):
            async with broker_connection(url) as connection:
                channel = await connection.channel()
                exchange = await channel.get_exchange("orders", ensure=False)
                await _send(exchange, numbers, between_seconds)
        await asyncio.sleep(AGAIN_SECONDS)


async def _send(
    exchange: aio_pika.abc.AbstractExchange, numbers: Iterator[int], between_seconds: float
) -> None:
    for number in numbers:
        await exchange.publish(letter(number, time.time()), routing_key="order.request")
        await asyncio.sleep(between_seconds)
