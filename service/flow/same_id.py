"""Deliveries with one message id: one goes on, a few wait for it a short while, the rest do not.

Copies of an order in flight that waited here without a bound would fill the prefetch, and no other
order would be taken in until the API has answered the one.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from service.flow.ports import Clock

MOST_WAITING = 2
"""For one id: who publishes an order twice has both answered at once."""

SHARE_OF_PREFETCH = 4
"""Of all ids together no more wait than this part of what the process takes in."""

WAIT_SECONDS = 5.0


def may_wait(same_id: int, all_ids: int, prefetch: int) -> bool:
    """Whether one more may wait here, where so many do."""
    return same_id < MOST_WAITING and all_ids < prefetch // SHARE_OF_PREFETCH


class SameId:
    """Whose turn it is."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[str, deque[asyncio.Event]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    async def enter(self, key: str, prefetch: Callable[[], int]) -> bool:
        """Whether the caller has `key` for itself until `leave`; if not, it waits elsewhere."""
        waiting = self._waiting.get(key)
        if waiting is None:
            self._waiting[key] = deque()
            return True
        if not may_wait(len(waiting), sum(map(len, self._waiting.values())), prefetch()):
            return False
        turn = asyncio.Event()
        waiting.append(turn)
        try:
            await self._clock.wait(turn, WAIT_SECONDS)
        except BaseException:
            if turn.is_set():
                self.leave(key)
            else:
                waiting.remove(turn)
            raise
        if not turn.is_set():
            waiting.remove(turn)
        return turn.is_set()

    def leave(self, key: str) -> None:
        """Let the next one with `key` go on."""
        waiting = self._waiting[key]
        # Kept while others wait: with a new one for the same key two would have it at once.
        if waiting:
            waiting.popleft().set()
        else:
            del self._waiting[key]
