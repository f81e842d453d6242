"""Messages of a day that are not just orders: urgent ones, of no usable id, no orders at all."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

import aio_pika

from tests.trials.chaos.amqp import AGAIN_SECONDS, AMQP_FAILURES, broker_connection

EVERY_SECONDS = 5.0
_URGENT_SECONDS = 100
_ODD = {20: ("long-" + "x" * 150, b"{}"), 260: ("odd-text", b"two of them, please")}
"""By its number: one whose id is too long, which is parked, and one that is no order."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message; `deadline` is in seconds since the epoch."""

    message_id: str
    body: bytes
    deadline: int | None = None

    def message(self) -> aio_pika.Message:
        """As it is published."""
        headers = {} if self.deadline is None else {"x-order-relay-deadline": self.deadline}
        return aio_pika.Message(
            self.body, message_id=self.message_id, headers=dict(headers), delivery_mode=2
        )


def letter(number: int, now: float) -> Letter:
    """The one of this number: an urgent order, but for two that are none."""
    if number in _ODD:
        return Letter(*_ODD[number])
    order = {"service": 1500, "link": f"https://example.com/u/{number}", "quantity": 10 + number}
    return Letter(f"urgent-{number}", json.dumps(order).encode(), round(now) + _URGENT_SECONDS)


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
        message = letter(number, time.time()).message()
        await exchange.publish(message, routing_key="order.request")
        await asyncio.sleep(between_seconds)
