"""A lock for each key, made when it is needed and removed when it is free."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class KeyedLock:
    """At most one holder for each key at a time; those who wait are served in turn."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[asyncio.Lock, int]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def users(self, key: str) -> int:
        """How many hold `key` or wait for it."""
        return self._waiting[key][1] if key in self._waiting else 0

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        """Hold `key` inside the block."""
        lock, users = self._waiting.get(key, (asyncio.Lock(), 0))
        self._waiting[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._waiting[key]
            # Kept while others wait: a new lock for the same key would let two in at once.
            if users == 1:
                del self._waiting[key]
            else:
                self._waiting[key] = (lock, users - 1)
