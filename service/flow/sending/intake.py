"""How many deliveries a process wants unacked: what prefetch, start and holds allow."""

from collections.abc import Iterable
from typing import Protocol

from service.flow.events import Emit
from service.flow.events.labels import HoldReason
from service.flow.ports import Clock
from service.flow.sending.account import Account
from service.flow.sending.announcing import Holds, Wanted
from service.flow.sending.leaving import LONG_WAIT_SECONDS, SHORT_HOLD_SECONDS
from service.flow.sending.line import Turn
from service.flow.sending.prefetch import Prefetch
from service.flow.sending.process import Process


class StandsBy(Protocol):
    """The other replicas, as far as the intake asks for them."""

    @property
    def stands_by(self) -> bool:
        """Whether they send for this one."""
        ...


class Intake:
    """Times are monotonic seconds; `line` holds those that wait for the API."""

    def __init__(
        self,
        prefetch: Prefetch,
        account: Account,
        process: Process,
        replicas: StandsBy,
        line: Iterable[Turn],
        emit: Emit,
    ) -> None:
        self._prefetch = prefetch
        self._beginning = prefetch.beginning
        self._account = account
        self._process = process
        self._replicas = replicas
        self._line = line
        self._wanted = Wanted(prefetch.now)
        self._holds = Holds(emit)

    def first(self, now: float, *, redelivered: bool) -> bool:
        """Learn from a delivery; whether it says how the process begins."""
        return self._beginning.decides(now, redelivered=redelivered)

    def deliveries(self, in_flight: int, now: float) -> int:
        """How many are wanted; 0 for none."""
        account = self._account
        if not self._process.sends or self._replicas.stands_by:
            return 0
        if account.held:
            if account.waits.seconds(now) > LONG_WAIT_SECONDS:
                return 0
            if self._asks(now):
                # Somebody must be there to be asked, or the hold would never end.
                asked = in_flight or any(turn.fresh for turn in self._line)
                return 0 if asked else 1
        return int(min(self._prefetch.now, self._beginning.most(now)))

    def _asks(self, now: float) -> bool:
        held = self._account.reasons(now)
        refused = HoldReason.CIRCUIT in held or HoldReason.CREDENTIALS in held
        return refused or self._account.probing_seconds(now) >= SHORT_HOLD_SECONDS

    def look(self, in_flight: int, now: float) -> None:
        """Say what holds orders now, and how many deliveries are wanted."""
        held = self._account.reasons(now)
        if self._process.unpublished is not None:
            held[HoldReason.PUBLISHER] = self._process.unpublished
        self._holds.become(held)
        wanted = self.deliveries(in_flight, now)
        if wanted == 0:
            self._prefetch.anew()
        self._wanted.become(wanted)

    async def change(self, seen: int, clock: Clock) -> None:
        """Wait until the number may be another than at version `seen`."""
        now = clock.monotonic()
        seconds = min(self._account.next_change(now), self._beginning.next_change(now))
        await self._wanted.change(seen, clock, seconds)

    @property
    def version(self) -> int:
        """Of the number: another one with each change."""
        return self._wanted.version
