"""The real clock."""

import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from math import isinf


class SystemClock:
    """`service.flow.ports.Clock` with the machine's clocks."""

    # Built in, without a call of Python: an order asks both of them some 25 times.
    now = staticmethod(partial(datetime.now, UTC))
    """The wall clock, aware, in UTC."""

    monotonic = staticmethod(time.monotonic)
    """Seconds that never go back."""

    async def wait(self, event: asyncio.Event, timeout_seconds: float) -> bool:
        """Wait until `event` is set, at most `timeout_seconds`; whether it is set."""
        if event.is_set():
            return True
        try:
            async with asyncio.timeout(None if isinf(timeout_seconds) else timeout_seconds):
                return await event.wait()
        except TimeoutError:
            return event.is_set()
