"""Measures how late the event loop wakes up: the first sign that something blocks it."""

import asyncio

from service.flow.events import Emit
from service.flow.events.process import LoopLagged
from service.flow.ports import Clock

EVERY_SECONDS = 0.5


async def watch_loop(
    clock: Clock, emit: Emit, stop: asyncio.Event, every_seconds: float = EVERY_SECONDS
) -> None:
    """Emit `LoopLagged` after every wait of `every_seconds`, until `stop` is set."""
    asked_at = clock.monotonic()
    while not await clock.wait(stop, every_seconds):
        woke_at = clock.monotonic()
        # Timers may fire a clock tick early, which is no lag.
        emit(LoopLagged(max(0.0, woke_at - asked_at - every_seconds)))
        asked_at = clock.monotonic()
