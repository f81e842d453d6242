"""One run: relays, load and faults together, then quiet, then everything is read out."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.trials.chaos.brokers import FAILURES, ChaosBroker
from tests.trials.chaos.collecting import Collecting
from tests.trials.chaos.faults import FAULTS
from tests.trials.chaos.history import Bounds, Ending, History, Inflicted
from tests.trials.chaos.plan import Planned, orders, timeline
from tests.trials.chaos.scenario import Scenario
from tests.trials.chaos.sending import Producer, Sending
from tests.trials.chaos.world import World, depths, read_api, read_queues, waiting

QUIET_POLLS = 4
POLL_SECONDS = 0.5
TELL_SECONDS = 3.0
MARGIN_SECONDS = 5.0
LAG_POLL_SECONDS = 0.1

Say = Callable[[str], None]


@dataclass
class Run:
    """A run under way; `problems` are what is wrong and no violation of an order's history."""

    scenario: Scenario
    seed: int
    say: Say
    inflicted: list[Inflicted] = field(default_factory=list)
    missed: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    worst_lag_seconds: float = 0.0

    async def carry_out(self, broker: ChaosBroker, directory: Path) -> History:
        """Everything from the start of the relays to their end; the history."""
        async with World.start(broker, self.scenario, directory) as world:
            self.began = time.monotonic()
            collecting = Collecting()
            async with AsyncExitStack() as stack:
                producers = [
                    await stack.enter_async_context(Producer(broker.urls)) for _ in range(2)
                ]
                sending = Sending(producers, self.scenario.load, world.sending)
                listening = asyncio.create_task(collecting.run(broker.urls))
                telling = asyncio.create_task(self._tell(world, sending, collecting))
                watching = asyncio.create_task(self._watch_lag())
                try:
                    await self._under_fire(world, sending, collecting)
                    ended_at = time.time()
                    quiet_at = await self._quiet(world)
                    await self._stop(world)
                    return await self._read(world, sending, collecting, ended_at, quiet_at)
                finally:
                    beside = (listening, telling, watching)
                    for task in beside:
                        task.cancel()
                    await asyncio.gather(*beside, return_exceptions=True)

    async def _under_fire(self, world: World, sending: Sending, collecting: Collecting) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(
                sending.send_all(
                    orders(self.scenario.load, self.seed), lambda: len(collecting.answered)
                )
            )
            for planned in timeline(self.scenario, self.seed):
                group.create_task(self._inflict(world, planned))
        for left in await world.api.ask("GET", "/faults"):
            self.problems.append(f"this run left a fault behind at the API: {left}")
        self.say(f"{self._clock()}  all sent, no fault left; waiting for quiet")

    async def _inflict(self, world: World, planned: Planned) -> None:
        await asyncio.sleep(planned.at_seconds)
        began_at = time.time()
        detail = await FAULTS[planned.kind](world, planned)
        if detail is None:
            self.missed[planned.kind] += 1
            return
        self.inflicted.append(Inflicted(planned.kind, began_at, time.time(), detail))

    async def _quiet(self, world: World) -> float | None:
        """When the queues were first seen empty that then stayed so; None if not in time."""
        deadline = time.monotonic() + self.scenario.quiet_within_seconds
        since, polls = time.time(), 0
        while time.monotonic() < deadline:
            try:
                self.seen = await depths(world)
                empty = waiting(self.seen) == 0
            except FAILURES:
                empty = False
            if not empty:
                since, polls = time.time(), 0
            elif (polls := polls + 1) > QUIET_POLLS:
                return since
            await asyncio.sleep(POLL_SECONDS)
        return None

    async def _stop(self, world: World) -> None:
        """Ends the relays as an operator does: what they still hold comes back to the broker."""
        for replica in world.replicas:
            if await replica.stop() is None:
                self.problems.append(f"relay {replica.number} was not alive at the end")
            self.problems += replica.problems
            for log in replica.logs:
                self.problems += defects(log)

    async def _read(
        self,
        world: World,
        sending: Sending,
        collecting: Collecting,
        ended_at: float,
        quiet_at: float | None,
    ) -> History:
        last = await depths(world)
        found, unrouted = await read_queues(world)
        called, booked = await read_api(world)
        self.problems += collecting.problems
        relay = self.scenario.relay
        return History(
            scenario=self.scenario.name,
            seed=self.seed,
            bounds=Bounds(
                idempotency_window_seconds=relay.idempotency_window_seconds,
                max_age_seconds=relay.max_age_seconds,
                quiet_within_seconds=self.scenario.quiet_within_seconds,
                margin_seconds=self._margin_seconds(),
            ),
            ending=Ending(ended_at, quiet_at, last),
            sent=tuple(sending.sent),
            told=(*collecting.told, *unrouted),
            found=found,
            called=called,
            booked=booked,
            inflicted=tuple(self.inflicted),
        )

    async def _tell(self, world: World, sending: Sending, collecting: Collecting) -> None:
        while True:
            await asyncio.sleep(TELL_SECONDS)
            # While the broker is down, what was seen last is shown.
            with suppress(*FAILURES):
                self.seen = await depths(world)
            faults = Counter(fault.kind for fault in self.inflicted)
            kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(faults.items()))
            self.say(
                f"{self._clock()}  sent {sending.begun}/{self.scenario.load.orders},"
                f" answered {len(collecting.answered)},"
                f" parked {self.seen.get('orders.parked', 0)}, waiting {waiting(self.seen)},"
                f" faults {faults.total()}{': ' * bool(kinds)}{kinds}"
            )

    async def _watch_lag(self) -> None:
        """How late this process wakes up: all calls pass through its proxies."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(LAG_POLL_SECONDS)
            lag = time.monotonic() - before - LAG_POLL_SECONDS
            self.worst_lag_seconds = max(self.worst_lag_seconds, lag)

    def _margin_seconds(self) -> float:
        """How late a call may reach the API that was sent in time.

        Twice the lag: the API's process had to wait for the same processors.
        """
        held = self.scenario.holds_calls_seconds
        return MARGIN_SECONDS + held + 2 * self.worst_lag_seconds

    def _clock(self) -> str:
        return f"{time.monotonic() - self.began:5.0f} s"


def defects(log: Path) -> list[str]:
    """The lines in which a relay tells of an error that no rule of it foresees."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        return [
            f"{log.stem}: {line.strip()}"
            for line in lines
            if '"unexpected error"' in line or "Traceback" in line
        ]
