"""The gate before the API: who may send now, within the holds, the concurrency and the rate."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from service.core.outcome import Outcome
from service.flow.events import Emit
from service.flow.events.labels import HoldReason
from service.flow.events.process import HoldChanged
from service.flow.ports import Clock
from service.flow.sending.budget import RateBudget
from service.flow.sending.holds import Holds

PATIENCE_SECONDS = 300.0
"""How long a held order stays in the process: brokers allow 30 minutes without an ack."""

LONG_THROTTLE_SECONDS = 60.0


class Intake(Enum):
    """How many deliveries are wanted."""

    NONE = "none"
    ONE = "one"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Entered:
    """The order may be sent; `probe` says that it goes ahead of all others during a hold."""

    probe: bool


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The order may not wait here any longer."""


class Gate:
    """Lets orders through to the API, one permit each."""

    def __init__(
        self,
        clock: Clock,
        emit: Emit,
        *,
        concurrency: int,
        budget: RateBudget,
        random: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._emit = emit
        self._budget = budget
        self._random = random
        self._holds = Holds()
        self._permits = asyncio.Semaphore(concurrency)
        self._queued = 0
        self._waiting = 0
        self._probing = False
        self._in_flight = 0
        self._changed = asyncio.Event()
        self._version = 0
        self._announced: dict[HoldReason, str] = {}
        self.draining = asyncio.Event()

    async def enter(self, *, arrived_at: float, leave_by: float) -> Entered | TurnedAway:
        """Wait for the turn of an order that arrived at `arrived_at` (monotonic seconds).

        While orders are held it waits for PATIENCE_SECONDS, and not past `leave_by`. After
        `Entered` the caller must call `leave`, whatever happens in between.
        """
        while True:
            entry = await self._until_open(arrived_at, leave_by)
            if isinstance(entry, TurnedAway):
                return entry
            try:
                sendable = await self._permit_and_slot(entry)
            except BaseException:
                self._end_probe(entry)
                raise
            if sendable:
                self._in_flight += 1
                return entry
            self._end_probe(entry)

    def leave(self, entry: Entered) -> None:
        """Release the permit."""
        self._in_flight -= 1
        self._permits.release()
        self._end_probe(entry)

    def report(self, entry: Entered, outcome: Outcome, throttle_seconds: float | None) -> None:
        """Learn from the outcome of what was let through."""
        now = self._clock.monotonic()
        self._holds.report(outcome, probe=entry.probe, now=now, jitter=self._random())
        if throttle_seconds is not None:
            self._holds.throttle(now, throttle_seconds)
        self.announce()

    def hold_publisher(self, why: str) -> None:
        """Send nothing while results cannot be published."""
        self._holds.hold_publisher(self._clock.monotonic(), why)
        self.announce()

    def lift_publisher(self) -> None:
        """Results can be published again."""
        self._holds.lift_publisher()
        self.announce()

    def drain(self) -> None:
        """Turn away all orders that wait, and all that come later."""
        self.draining.set()
        # No order is sent any more, so the surplus permits only wake those in the queue.
        for _ in range(self._queued):
            self._permits.release()
        self._broadcast()

    @property
    def in_flight(self) -> int:
        """How many orders are at the API now; from any thread."""
        return self._in_flight

    @property
    def publisher_held(self) -> bool:
        """Whether results cannot be published now."""
        return HoldReason.PUBLISHER in self._holds.reasons(self._clock.monotonic())

    @property
    def intake(self) -> Intake:
        """How many deliveries are wanted now."""
        now = self._clock.monotonic()
        reasons = self._holds.reasons(now).keys()
        if self.draining.is_set() or HoldReason.PUBLISHER in reasons:
            return Intake.NONE
        if reasons & {HoldReason.CIRCUIT, HoldReason.CREDENTIALS}:
            # One order must be there to probe, or the hold would never end.
            return Intake.NONE if self._waiting or self._probing else Intake.ONE
        if self._holds.throttled_seconds(now) > LONG_THROTTLE_SECONDS:
            return Intake.NONE
        return Intake.FULL

    async def change(self, seen: int) -> int:
        """Wait until `intake` may have changed since version `seen`; the version that it has now.

        A change while the caller was busy is not missed: its version is not `seen` any more.
        """
        if self._version == seen:
            now = self._clock.monotonic()
            await self._clock.wait(self._changed, self._holds.next_change(now))
            self.announce()
        return self._version

    def announce(self) -> None:
        """Emit which holds began and ended since the last call."""
        now_held = self._holds.reasons(self._clock.monotonic())
        for reason in now_held.keys() - self._announced.keys():
            self._emit(HoldChanged(reason, held=True, why=now_held[reason]))
        for reason in self._announced.keys() - now_held.keys():
            self._emit(HoldChanged(reason, held=False, why=f"over: {self._announced[reason]}"))
        if now_held.keys() != self._announced.keys():
            self._broadcast()
        self._announced = now_held

    async def _until_open(self, arrived_at: float, leave_by: float) -> Entered | TurnedAway:
        self._waiting += 1
        try:
            while True:
                now = self._clock.monotonic()
                if self.draining.is_set():
                    return TurnedAway()
                held_since = self._holds.held_since(now)
                if held_since is None:
                    return Entered(probe=False)
                if not self._probing and self._holds.may_probe(now):
                    self._probing = True
                    return Entered(probe=True)
                patience_ends = max(held_since, arrived_at) + PATIENCE_SECONDS
                patience = min(patience_ends, leave_by) - now
                if patience <= 0:
                    return TurnedAway()
                if self._waiting == 1:
                    self._broadcast()
                await self._clock.wait(self._changed, min(patience, self._holds.next_change(now)))
        finally:
            self._waiting -= 1
            if self._waiting == 0 and self._announced:
                self._broadcast()

    async def _permit_and_slot(self, entry: Entered) -> bool:
        """Get a permit and a sending slot; whether the order may still be sent."""
        self._queued += 1
        try:
            await self._permits.acquire()
        finally:
            self._queued -= 1
        try:
            seconds = self._budget.take(self._clock.monotonic())
            if seconds > 0:
                await self._clock.wait(self.draining, seconds)
            sendable = self._still_open(entry)
        except BaseException:
            self._permits.release()
            raise
        if not sendable:
            self._permits.release()
        return sendable

    def _still_open(self, entry: Entered) -> bool:
        if self.draining.is_set():
            return False
        now = self._clock.monotonic()
        return self._holds.may_probe(now) if entry.probe else not self._holds.reasons(now)

    def _end_probe(self, entry: Entered) -> None:
        if entry.probe:
            self._probing = False
            self._broadcast()

    def _broadcast(self) -> None:
        self._version += 1
        self._changed.set()
        self._changed = asyncio.Event()
