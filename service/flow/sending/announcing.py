"""What the gate says of itself: which holds begin and end, and how many deliveries it wants."""

import asyncio

from service.flow.events import Emit
from service.flow.events.labels import HoldReason
from service.flow.events.process import HoldChanged
from service.flow.ports import Clock

_SAID_AGAIN = HoldReason.PUBLISHER


class Holds:
    """Says which holds began and ended since the last time, and why the publisher holds now."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._held: dict[HoldReason, str] = {}

    def become(self, held: dict[HoldReason, str]) -> None:
        """Take these for the holds of now; each has its sentence."""
        if held == self._held:
            return
        before, self._held = self._held, held
        begun = held.keys() - before.keys()
        # The others' sentences change with every answer of the API; this one with what is to do.
        if held.get(_SAID_AGAIN) != before.get(_SAID_AGAIN):
            begun |= held.keys() & {_SAID_AGAIN}
        for reason in begun:
            self._emit(HoldChanged(reason, held=True, why=held[reason]))
        for reason in before.keys() - held.keys():
            self._emit(HoldChanged(reason, held=False, why=f"over: {before[reason]}"))


class Wanted:
    """How many deliveries are wanted, as it changes."""

    def __init__(self, deliveries: int) -> None:
        self._deliveries = deliveries
        self.version = 0
        self._changed = asyncio.Event()

    def become(self, deliveries: int) -> None:
        """Take this for the number of now."""
        if deliveries != self._deliveries:
            self._deliveries = deliveries
            self.version += 1
            self._changed.set()
            self._changed.clear()

    async def change(self, seen: int, clock: Clock, seconds: float) -> None:
        """Wait so long for another version than `seen`, unless it is there.

        A change while the caller was busy is not missed: its version is not `seen` any more.
        """
        if self.version == seen:
            await clock.wait(self._changed, seconds)
