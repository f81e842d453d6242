"""Waiting for what other processes do: polled, and bounded by a time that the caller gives."""

import asyncio
import time
from collections.abc import Awaitable, Callable

POLL_SECONDS = 0.02


async def until(
    holds: Callable[[], Awaitable[bool]],
    what: str,
    *,
    timeout_seconds: float = 30.0,
    poll_seconds: float = POLL_SECONDS,
) -> None:
    """Returns as soon as the condition holds; TimeoutError that names it when the time is over."""
    deadline = time.monotonic() + timeout_seconds
    while not await holds():
        if time.monotonic() > deadline:
            message = f"not within {timeout_seconds:g} s: {what}"
            raise TimeoutError(message)
        await asyncio.sleep(poll_seconds)
