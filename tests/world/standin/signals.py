"""Waiting for something to have happened, instead of sleeping and looking."""

import asyncio
from collections.abc import Callable


class Signals:
    """Wakes what waits for a condition, in the very step that makes it true."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    def changed(self) -> None:
        """Looks at every awaited condition; to be called after each change that one may see."""
        if not self._waiting:
            return
        for condition, future in self._waiting:
            # Checked here and not by the waiter: a state that passes quickly would be missed.
            if not future.done() and condition():
                future.set_result(None)

    async def wait_for(
        self, condition: Callable[[], bool], what: Callable[[], str], timeout: float
    ) -> None:
        """Returns once `condition` was true; AssertionError that says `what` there was instead."""
        if condition():
            return
        waiter = (condition, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(timeout):
                await waiter[1]
        except TimeoutError:
            raise AssertionError(f"after {timeout} s: {what()}") from None
        finally:
            self._waiting.remove(waiter)
