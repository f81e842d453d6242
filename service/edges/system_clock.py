"""The real clock."""

import asyncio
import time
from datetime import UTC, datetime
from math import isinf


class SystemClock:
    """`service.flow.ports.Clock` with the machine's clocks."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, timeout_seconds: float) -> bool:
        """Wait until `event` is set, at most `timeout_seconds`; whether it is set."""
        if event.is_set():
            return True
        try:
            async with asyncio.timeout(None if isinf(timeout_seconds) else timeout_seconds):
                return await event.wait()
        except TimeoutError:
            return event.is_set()
