"""Channels whose broker answers from a script."""

import asyncio
from collections import deque
from collections.abc import Callable

from service.edges.amqp.attempt import (
    Acked,
    Ended,
    Late,
    Nacked,
    Outgoing,
    Over,
    Sending,
    Shut,
    Unfit,
    Unroutable,
)

PATIENCE = 4.0
LATE = "late"
Says = Acked | Nacked | Unroutable | Unfit | Shut | Over | str


class FakeChannels:
    """Keeps to `Channels`: answers from a script, and takes all after it."""

    def __init__(self, *script: Says) -> None:
        self._script = deque(script)
        self.log: list[str] = []
        self.heard: list[Callable[[Ended], None]] = []

    async def together(self, outgoing: Outgoing) -> Ended:
        """On the shared one."""
        return await self._say("together", outgoing)

    async def apart(
        self,
        outgoing: Outgoing,
        seconds: float,
        *,
        earlier: Sending | None = None,
        heard: Callable[[Ended], None],
    ) -> Ended:
        """On its own."""
        assert seconds == PATIENCE
        self.heard.append(heard)
        return await self._say("apart" if earlier is None else "apart, late before", outgoing)

    def renew(self, outgoing: Outgoing) -> None:
        """The shared one is another."""
        self.log.append(f"renew for {outgoing.to.routing_key}")

    async def _say(self, where: str, outgoing: Outgoing) -> Ended:
        self.log.append(f"{where}: {outgoing.exchange}")
        await asyncio.sleep(0)
        says = self._script.popleft() if self._script else Acked()
        return ended(says)


def ended(says: Says) -> Ended:
    """What became of it."""
    return Late(Sending()) if isinstance(says, str) else says
