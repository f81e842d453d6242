"""Taking messages out, each after what is published for it is confirmed.

The queue is held for some seconds at a time, so that others see it too, and never while a person is
asked. A message that was published for and not taken out is treated once more by the same command.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from service.commands.parked.place import Place
from service.commands.parked.progress import Progress
from service.core.message import Publication, Received
from service.core.parked.acting import Planned, Refused
from service.core.topology import Topology
from service.edges.amqp.delivery import AmqpDelivery
from service.edges.amqp.held import FAILURES, Held, why
from service.edges.amqp.preparation import Prepare
from service.edges.amqp.publisher import AmqpPublisher, PublisherPorts
from service.edges.system_clock import SystemClock
from service.flow.ports import Confirmed, Unconfirmed, Unpublishable

HELD_SECONDS = 10.0
"""How long the others wait for the queue; a broker takes it away after 30 minutes."""
MOST_FAILURES = 5
PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Task:
    """What is done: to which messages, by their handles, and how each is treated."""

    wanted: Counter[str]
    handle: Callable[[Received], str]
    plan: Callable[[Received, datetime], Planned | Refused]
    rate: float | None = None
    in_vain: Callable[[Held[AmqpDelivery], Received], Awaitable[str | None]] | None = None
    """Why the message stays although all was confirmed; None where it may be taken out."""


@dataclass(slots=True)
class Tally:
    """What became of them."""

    done: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    gone: int = 0
    failure: str | None = None
    stopped: bool = False


class Acting:
    """One task, carried out in rounds until nothing of it is left."""

    def __init__(self, place: Place, task: Task, progress: Progress) -> None:
        self._place = place
        self._task = task
        self._progress = progress
        self._left = Counter(task.wanted)
        self._acked = Counter[str]()
        self._unsure = Counter[str]()
        self._tally = Tally()
        self._stop = asyncio.Event()
        self._clock = SystemClock()
        self._failures = 0
        self._next_at = 0.0

    async def run(self) -> Tally:
        """Do it; the first Ctrl-C ends it behind the message in hand."""
        with self._stoppable():
            async with publishing(self._place) as publisher:
                while self._left.total() and not self._ended():
                    await self._round(publisher)
                    # Otherwise those who wait for the queue would not get it.
                    pause = PAUSE_SECONDS if self._left.total() else 0
                    await self._clock.wait(self._stop, max(pause, self._too_early_seconds()))
        self._tally.stopped = self._stop.is_set()
        return self._tally

    def _ended(self) -> bool:
        return self._stop.is_set() or self._failures >= MOST_FAILURES

    async def _round(self, publisher: AmqpPublisher) -> None:
        """Hold the queue once, and treat what is wanted of it, as long as others may wait."""
        self._acked.clear()
        until = self._clock.monotonic() + HELD_SECONDS

        def meant(delivery: AmqpDelivery) -> AmqpDelivery | None:
            return delivery if self._left[self._task.handle(delivery.received)] else None

        try:
            async with self._place.held(meant) as held:
                if not held.kept:
                    self._none_is_there()
                for delivery in held.kept:
                    if max(self._clock.monotonic(), self._next_at) > until:
                        break
                    await self._clock.wait(self._stop, self._too_early_seconds())
                    if self._ended():
                        break
                    await self._treat(delivery, held, publisher)
            # Only now has the broker applied the acks.
            self._tally.done += self._acked.total()
        except FAILURES as error:
            self._unsure |= self._acked
            self._left += self._acked
            self._fail(why(error))

    def _none_is_there(self) -> None:
        """What is left was taken out by others, or by acks whose connection broke."""
        ours = (self._left & self._unsure).total()
        self._tally.done += ours
        self._tally.gone = self._left.total() - ours
        self._left.clear()

    async def _treat(
        self, delivery: AmqpDelivery, held: Held[AmqpDelivery], publisher: AmqpPublisher
    ) -> None:
        handle = self._task.handle(delivery.received)
        if not held.alive or not self._left[handle]:
            return
        # Asked again: while it waited its turn, the API may have forgotten it.
        match self._task.plan(delivery.received, self._clock.now()):
            case Refused(reason):
                self._refuse(handle, reason)
            case Planned(publications):
                if await self._published(publications, publisher):
                    await self._take_out(delivery, handle, held)
            case _ as never:  # pragma: no cover
                assert_never(never)
        self._progress.tell(self._tally.done + self._acked.total(), self._left.total())
        if self._task.rate:
            self._next_at = self._clock.monotonic() + 1 / self._task.rate

    async def _take_out(
        self, delivery: AmqpDelivery, handle: str, held: Held[AmqpDelivery]
    ) -> None:
        in_vain = self._task.in_vain
        if in_vain is not None and (reason := await in_vain(held, delivery.received)) is not None:
            self._refuse(handle, reason)
            return
        await delivery.ack()
        if held.alive:
            self._acked[handle] += 1
            self._left[handle] -= 1
            self._failures = 0

    def _refuse(self, handle: str, reason: str) -> None:
        self._tally.refused[reason] += 1
        self._left[handle] -= 1

    def _too_early_seconds(self) -> float:
        return max(0.0, self._next_at - self._clock.monotonic())

    async def _published(
        self, publications: tuple[Publication, ...], publisher: AmqpPublisher
    ) -> bool:
        for publication in publications:
            match await publisher.publish(publication):
                case Confirmed():
                    pass
                case Unconfirmed(reason) | Unpublishable(reason):
                    self._fail(f"the broker did not confirm: {reason}")
                    return False
                case _ as never:  # pragma: no cover
                    assert_never(never)
        return True

    def _fail(self, reason: str) -> None:
        self._failures += 1
        self._tally.failure = reason if self._failures >= MOST_FAILURES else None

    @contextmanager
    def _stoppable(self) -> Iterator[None]:
        loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)

        def stop() -> None:
            self._stop.set()
            # A second one ends the process at once, which is safe, too.
            for number in numbers:
                loop.remove_signal_handler(number)

        # Only the main thread gets signals.
        with suppress(RuntimeError, ValueError):
            for number in numbers:
                loop.add_signal_handler(number, stop)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)


@asynccontextmanager
async def publishing(place: Place) -> AsyncIterator[AmqpPublisher]:
    """The relay's own publisher: mandatory, confirmed, on a connection of its own."""
    nothing = Prepare(Topology(place.topology.namespace, (), (), ()), "declare")
    publisher = AmqpPublisher(
        PublisherPorts(
            place.broker,
            nothing,
            hold=lambda _: None,
            lift=lambda: None,
            clock=SystemClock(),
            emit=lambda _: None,
            random=random.random,
        ),
        place.topology,
    )
    running = asyncio.create_task(publisher.run())
    try:
        yield publisher
    finally:
        publisher.stop()
        await running
