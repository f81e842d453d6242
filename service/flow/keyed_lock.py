"""A lock for each key, made when it is needed and removed when it is free."""

import asyncio
from collections import deque


class KeyedLock:
    """At most one holder for each key at a time; those who wait are served in turn."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def users(self, key: str) -> int:
        """How many hold `key` or wait for it."""
        return len(self._lines[key]) + 1 if key in self._lines else 0

    def hold(self, key: str) -> "_Holding":
        """Hold `key` inside the block."""
        return _Holding(self._lines, key)


class _Holding:
    """One who holds a key, or waits for it; without a task or a future where nobody else does."""

    __slots__ = ("_key", "_lines")

    def __init__(self, lines: dict[str, deque[asyncio.Future[None]]], key: str) -> None:
        self._lines = lines
        self._key = key

    async def __aenter__(self) -> None:
        if (line := self._lines.get(self._key)) is None:
            self._lines[self._key] = deque()
            return
        turn = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # It may have come to its turn in the same moment: the next one must not wait for ever.
            if not turn.cancelled():
                self._pass_on()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        line = self._lines[self._key]
        while line:
            if not (turn := line.popleft()).done():
                turn.set_result(None)
                return
        del self._lines[self._key]
