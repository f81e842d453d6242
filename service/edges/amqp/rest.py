"""After a rest an order waits until it is known again that results can be published.

While results flow the first one that is refused stops all orders. Where none has flowed for a
while, as many as there are permits would be sent before one of them comes to its end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from service.flow.ports import Delivery


class AfterRest:
    """Hands deliveries on in their order, at once while `fresh`; else when `asked` has ended."""

    def __init__(
        self,
        receive: Callable[[Delivery], None],
        fresh: Callable[[], bool],
        asked: Callable[[], Awaitable[object]],
    ) -> None:
        self._receive = receive
        self._fresh = fresh
        self._asked = asked
        self._waiting: list[Delivery] = []
        self._asking: asyncio.Task[None] | None = None

    def __call__(self, delivery: Delivery) -> None:
        """Hand it on, or keep it for a moment."""
        if not self._waiting and self._fresh():
            self._receive(delivery)
            return
        self._waiting.append(delivery)
        if len(self._waiting) == 1:
            self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        # Kept here they would keep all that come later.
        with suppress(Exception):
            await self._asked()
        waiting, self._waiting = self._waiting, []
        for delivery in waiting:
            self._receive(delivery)
