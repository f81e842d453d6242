"""One replica: the real gate, with the whole relay or with a light worker for each order."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from random import Random
from typing import Any
from urllib.parse import parse_qs

from service.core.decision import RetryPolicy
from service.core.message import Publication, Received
from service.core.outcome import Accepted, ApiResult, Refused, Throttled, classify
from service.flow.events import Event
from service.flow.events.process import HoldChanged
from service.flow.ports import Confirmed, Delivery, Unconfirmed
from service.flow.relay import Relay
from service.flow.sending.account import Attempt
from service.flow.sending.gate import Gate
from service.flow.sending.line import Turn
from service.flow.sending.pace import Pace
from service.flow.sending.prefetch import Prefetch
from tests.flow.fleet.api import Api
from tests.flow.fleet.broker import Consumer, Queue, Stream
from tests.flow.fleet.connection import Connection, Link
from tests.flow.fleet.sharing import StreamSharing
from tests.flow.fleet.simulated import Process, ProcessClock

PUBLISH_SECONDS = 10.0
RECONNECT_SECONDS = 0.5
COUNT_SECONDS = 3.0


class _Delivery:
    """Keeps to `Delivery`."""

    def __init__(self, received: Received, consumer: Consumer, queue: Queue, tag: int) -> None:
        self.received = received
        self._consumer = consumer
        self._queue = queue
        self._tag = tag

    @property
    def alive(self) -> bool:
        """Whether it can be settled, as far as the replica knows."""
        return not self._consumer.connection.lost.is_set()

    async def ack(self) -> None:
        """Done with it."""
        self._settle(requeue=False)

    async def requeue(self, *, counted: bool = False) -> None:
        """Give it back."""
        self._settle(requeue=True)

    async def dead_letter(self) -> None:
        """No order here cannot be decoded."""
        raise AssertionError

    def _settle(self, *, requeue: bool) -> None:
        if self.alive:
            settle = partial(self._queue.settle, self._consumer, self._tag, requeue=requeue)
            self._consumer.connection.up(settle)


class Replica:
    """A process with its connections; `whole` runs the relay."""

    def __init__(  # noqa: PLR0913 - the world around it, and what is set
        self,
        number: int,
        api: Api,
        queue: Queue,
        stream: Stream,
        *,
        chance: Random,
        rate_per_second: float | None,
        whole: bool,
        prefetch: int,
    ) -> None:
        self.number = number
        self.process = Process()
        self.holds: list[tuple[float, HoldChanged]] = []
        self.links = {name: Link() for name in ("consume", "publish", "peers")}
        self._api, self._queue, self._chance = api, queue, chance
        self._clock = ProcessClock(self.process, chance)
        self.sharing = StreamSharing(f"{chance.getrandbits(64):016x}", self._clock, stream)
        self.gate = Gate(
            self._clock,
            self._emit,
            concurrency=64,
            prefetch=Prefetch(prefetch),
            pace=Pace(rate_per_second, self.sharing.share, chance.random),
            random=chance.random,
            sharing=self.sharing,
        )
        self.sharing.state, self.sharing.on_change = self.gate.state, self.gate.hear
        self._publishing: Connection | None = None
        self._unconfirmed: set[asyncio.Event] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._receive: Callable[[Delivery], None] = self._make_relay().receive
        if not whole:
            self._receive = lambda delivery: self._spawn(self._carry(delivery))
        self.gate.hold_publisher("starting")
        self._spawn(self._keep(self.links["peers"], self.sharing.serve))
        self._spawn(self._keep(self.links["publish"], self._publish))
        self._spawn(self._keep(self.links["consume"], self._consume))

    async def publish(self, publication: Publication) -> Confirmed | Unconfirmed:
        """Publish, and wait for the confirm."""
        connection = self._publishing
        if connection is None:
            return Unconfirmed("not connected")
        ended, confirmed = asyncio.Event(), asyncio.Event()

        def confirm() -> None:
            confirmed.set()
            ended.set()

        def take() -> None:
            self._queue.publish(publication)
            connection.down(confirm)

        connection.up(take)
        self._unconfirmed.add(ended)
        if not await self._clock.wait(ended, PUBLISH_SECONDS):
            connection.leave()
        self._unconfirmed.discard(ended)
        return Confirmed() if confirmed.is_set() else Unconfirmed("no confirm came")

    async def submit(self, form: bytes) -> ApiResult:
        """Call the API for the relay."""
        return await self._call(parse_qs(form.decode())["request_id"][0])

    async def _call(self, order: str) -> ApiResult:
        foreign = self._queue.is_foreign(order, self.number)
        return await self._api.submit(self.process, self.number, order, foreign=foreign)

    def _make_relay(self) -> Relay:
        return Relay(
            api=self,
            publisher=self,
            gate=self.gate,
            clock=self._clock,
            emit=self._emit,
            policy=RetryPolicy(),
            random=self._chance.random,
        )

    async def _carry(self, delivery: Delivery) -> None:
        """The shortest way of an order: until it is served, or is to wait elsewhere."""
        turn, order = Turn(self._clock.monotonic()), delivery.received.message.message_id or ""
        turn.alive = lambda: delivery.alive
        while True:
            entry = await self.gate.enter(turn)
            if not isinstance(entry, Attempt):
                await delivery.requeue()
                return
            try:
                if not delivery.alive:
                    return
                outcome = classify(await self._call(order), self._clock.now())
                self.gate.report(turn, entry, outcome)
            finally:
                self.gate.leave(entry)
            if isinstance(outcome, Accepted | Refused):
                await delivery.ack()
                return
            turn.failures += not isinstance(outcome, Throttled)

    async def _keep(self, link: Link, serve: Callable[[Connection], Awaitable[None]]) -> None:
        """Keep a connection up."""
        while True:
            await link.reachable.wait()
            link.connection = connection = Connection(self.process)
            await serve(connection)
            connection.leave()
            pause = self._chance.random() * RECONNECT_SECONDS
            await self._clock.wait(asyncio.Event(), pause)

    async def _publish(self, connection: Connection) -> None:
        """Let orders be sent while results can be published."""
        connection.on_lost = self._give_up
        self._publishing = connection
        self.gate.lift_publisher()
        await connection.lost.wait()
        self._publishing = None
        self.gate.hold_publisher("the connection is lost")

    def _give_up(self) -> None:
        for each in self._unconfirmed:
            each.set()

    async def _consume(self, connection: Connection) -> None:
        """Take as many deliveries as the gate wants, until the connection is lost."""
        consumers: list[Consumer] = []
        connection.on_close = partial(self._queue.close, consumers)
        version, before = -1, 0
        lost = asyncio.create_task(connection.lost.wait())
        counting = asyncio.create_task(self._count(connection))
        while not connection.lost.is_set():
            if (wanted := self.gate.intake) != before:
                if before:
                    await self._cancel(connection, consumers[-1])
                if wanted:
                    self.gate.consumes(consuming=True)
                    consumers.append(Consumer(self.number, connection, self._arrive, wanted))
                    connection.up(partial(self._queue.begin, consumers[-1]))
                before = wanted
            changing = asyncio.create_task(self.gate.change(version))
            either: set[asyncio.Task[Any]] = {changing, lost}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            version = changing.result() if changing.done() else version
            changing.cancel()
        self.gate.consumes(consuming=False)
        counting.cancel()

    async def _cancel(self, connection: Connection, consumer: Consumer) -> None:
        """Cancel, and wait for the answer."""
        connection.up(partial(self._queue.cancel, consumer))
        cancelled = asyncio.Event()
        connection.up(partial(connection.down, cancelled.set))
        waiting = {asyncio.create_task(each.wait()) for each in (cancelled, connection.lost)}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()
        self.gate.consumes(consuming=False)

    async def _count(self, connection: Connection) -> None:
        """Ask for the number of consumers again and again."""
        while True:
            connection.up(lambda: self._answer(connection, self._queue.count()))
            await self._clock.wait(asyncio.Event(), COUNT_SECONDS)

    def _answer(self, connection: Connection, consumers: int) -> None:
        connection.down(partial(self.sharing.counted, consumers))

    def _arrive(self, consumer: Consumer, tag: int, received: Received) -> None:
        self._receive(_Delivery(received, consumer, self._queue, tag))

    def _emit(self, event: Event) -> None:
        if isinstance(event, HoldChanged):
            self.holds.append((asyncio.get_running_loop().time(), event))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
