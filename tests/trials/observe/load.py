"""Orders at a steady rate, good and bad ones, whatever becomes of the broker meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count

from tests.trials.chaos.amqp import AGAIN_SECONDS, AMQP_FAILURES
from tests.trials.chaos.plan import UNKNOWN_SERVICE
from tests.world.broker import VirtualHost
from tests.world.load import Order, Producer
from tests.world.load.orders import good_body

BAD_EVERY = 10
_MOST_BEHIND_SECONDS = 1.0


def orders(prefix: str) -> Iterator[Order]:
    """Without end; of each ten one is bad, in turn by the relay's word and by the API's."""
    for number in count():
        changes: dict[str, object] = {}
        if number % BAD_EVERY == BAD_EVERY - 1:
            by_the_relay = number // BAD_EVERY % 2
            changes = {"quantity": "many"} if by_the_relay else {"service": UNKNOWN_SERVICE}
        yield Order(f"{prefix}-{number:07d}", good_body(number, **changes).encode())


class Load:
    """A producer that sends `per_second` orders a second; the rate may be changed at any time."""

    def __init__(self, host: VirtualHost, prefix: str, per_second: float) -> None:
        self.per_second = per_second
        self.published = 0
        self._url = host.url
        self._orders = orders(prefix)

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator["Load"]:
        """Orders flow inside the block; the exchange must exist."""
        task = asyncio.create_task(self._flow())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _flow(self) -> None:
        while True:
            with suppress(*AMQP_FAILURES):
                async with Producer.connect(self._url) as producer:
                    await self._publish(producer)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _publish(self, producer: Producer) -> None:
        due = time.monotonic()
        while True:
            now = time.monotonic()
            # Who was blocked does not catch up in one burst.
            due = max(due + 1 / self.per_second, now - _MOST_BEHIND_SECONDS)
            await asyncio.sleep(max(0.0, due - now))
            await producer.publish(next(self._orders))
            self.published += 1
