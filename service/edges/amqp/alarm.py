"""Whether the broker blocks publishers: aiormq shows it only through `ready`."""

import asyncio
from collections.abc import Callable

from aiormq.abc import AbstractConnection
from pamqp.constants import FRAME_METHOD

from service.edges.amqp.direct import Direct, Passage
from service.edges.amqp.frames import method

BLOCKED, UNBLOCKED = 0x0A003C, 0x0A003D
LOOK_SECONDS = 0.05
OF_THE_CONNECTION = 0
"""The channel's number of what the broker says of the connection itself."""


class _Overheard(Passage):
    """Tells of alarms on the wire, and takes no frame."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self.over = False
        self._tell = tell

    def take(self, kind: int, frame: bytes) -> bool:
        if kind == FRAME_METHOD and method(frame) in (BLOCKED, UNBLOCKED):
            self._tell()
        return False

    def give_back(self) -> bytes:
        return b""


def overhear(direct: Direct, tell: Callable[[], None]) -> None:
    """Have it called when an alarm begins or ends: aiormq knows of it a moment later."""
    direct.passages[OF_THE_CONNECTION] = _Overheard(tell)


class Alarm:
    """`number` counts the alarms that were noticed."""

    def __init__(self, wire: AbstractConnection) -> None:
        self._wire = wire
        self.number = 0

    async def sounds(self) -> bool:
        """Whether it blocks now."""
        return not await self.over(LOOK_SECONDS)

    async def none_since(self, number: int) -> bool:
        """Whether it does not block, and there was no alarm after the one of that number."""
        return not await self.sounds() and number == self.number

    def silent(self) -> bool:
        """Whether it does not block at this moment."""
        asked = self._wire.ready()
        try:
            # Where nothing blocks there is nothing to wait for: a task for it, asked four times a
            # second, was half of what an idle relay does.
            asked.send(None)
        except StopIteration:
            return True
        asked.close()
        return False

    async def over(self, within_seconds: float) -> bool:
        """Whether it does not block, or ends to within the time."""
        if self.silent():
            return True
        ready = asyncio.ensure_future(self._wire.ready())
        try:
            done, _ = await asyncio.wait({ready}, timeout=within_seconds)
            return bool(done)
        finally:
            ready.cancel()
            await asyncio.gather(ready, return_exceptions=True)
