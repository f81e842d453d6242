"""Where a case is played: a broker, an API of its own, orders that wait, and who takes them."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, assert_never

import aio_pika

from service.core.decision import RetryPolicy
from service.core.topology import build_whole_topology
from service.edges.amqp.declare import declare
from tests.trials.chaos.brokers import ChaosBroker
from tests.trials.limits.cases import Player
from tests.trials.limits.measuring import Call
from tests.world.load import ApiProcess, Producer, RelayProcess, Replies, new_orders
from tests.world.load.processes import CONSUMING, Process
from tests.world.standin.limiter import Limits

MOST_PLAYERS = 12
MOST_ORDERS = 10_000_000
KEYS = tuple(f"key-{number}" for number in range(1, MOST_PLAYERS + 1))
"""One for each process, so that the API's log says who called."""
_LOOK_SECONDS = 1.0
_MODES = {Player.NONE: "none", Player.FIXED: "fixed", Player.WAIT: "wait"}


@dataclass
class Stage:
    """What a case may touch; `port` is the broker's that the players are told."""

    folder: Path
    broker: ChaosBroker
    port: int
    api: ApiProcess
    producer: Producer
    replies: Replies
    tell: Callable[[str], None]
    stack: AsyncExitStack
    players: list[Process] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._orders = new_orders("o", MOST_ORDERS)

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, broker: ChaosBroker, folder: Path, tell: Callable[[str], None]
    ) -> AsyncIterator["Stage"]:
        """With the topology and no orders yet; all that is started on it is gone after.

        In a cluster the last node leads queues and stream, and nobody else is connected to it.
        """
        await _declare(broker.urls[-1])
        async with (
            AsyncExitStack() as stack,
            Producer.connect(broker.urls[0]) as producer,
            Replies.collect(broker.urls[0]) as replies,
        ):
            more = [word for key in KEYS for word in ("--key", key)]
            api = stack.enter_context(ApiProcess(folder, keep_calls=MOST_ORDERS, more=more))
            await api.ready()
            # Where calls wait for the API they arrive there all at once.
            before_others(api.pid, -15)
            port = broker.nodes[0].amqp_port
            yield cls(folder, broker, port, api, producer, replies, tell, stack)

    async def limit(self, limits: Limits) -> None:
        """From now on the API keeps to these."""
        await self.api.ask("PUT", "/limits", json=limits.model_dump(mode="json"))

    async def fail(self, *rules: dict[str, Any]) -> None:
        """From now on the API has these faults and no others, for all calls that they match."""
        endless = [{"times": None, **rule} for rule in rules]
        await self.api.ask("PUT", "/faults", json=endless)

    async def accept(self, *keys: str) -> None:
        """From now on the API takes these keys and no others."""
        await self.api.ask("POST", "/keys", json={"keys": keys})

    async def fill(self, count: float) -> None:
        """So many more orders wait."""
        orders = list(islice(self._orders, int(count)))
        self.sent += [order.request_id for order in orders]
        await self.producer.publish_all(orders)

    async def start(
        self,
        count: int,
        told: float | None = None,
        player: Player = Player.RELAY,
        port: int | None = None,
    ) -> list[Process]:
        """So many more processes consume, by a port of the broker's or of a proxy."""
        first = len(self.players) + 1
        url = self.broker.relay_url([port or self.port])
        started = [
            self.stack.enter_context(self._process(number, url, told, player, count))
            for number in range(first, first + count)
        ]
        self.players += started
        for process in started:
            before_others(process.pid)
        await asyncio.gather(*(_consumes(process) for process in started))
        return started

    async def wait(self, seconds: float, except_for: Collection[Process] = ()) -> None:
        """Returns after so long; ProcessFailedError where a player but these has ended."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for process in self.players:
                if process not in except_for:
                    process.check()
            await asyncio.sleep(min(left, _LOOK_SECONDS))

    async def calls(self) -> list[Call]:
        """All calls so far."""
        return [Call.read(noted) for noted in await self.api.ask("GET", "/calls")]

    def some_are_left(self) -> None:
        """AssertionError where the orders have run out: then there was less to do than is said."""
        assert len(self.replies) < len(self.sent), "the orders have run out"

    def _process(
        self, number: int, url: str, told: float | None, player: Player, count: int
    ) -> Process:
        key, name = KEYS[number - 1], f"{player.name.lower()}-{number}"
        match player:
            case Player.RELAY:
                rate = None if told is None else f"{told:g}"
                settings = {"API__KEY": key, "API__RATE_PER_SECOND": rate}
                return RelayProcess(self.folder, url, self.api.url, name, **settings)
            case Player.NONE | Player.FIXED | Player.WAIT:
                arguments = ["tests.trials.limits.naive", "--mode", _MODES[player]]
                if told is not None:
                    arguments += ["--per-second", f"{told / count}"]
                environment = {"AMQP_URL": url, "API_URL": self.api.url, "API_KEY": key}
                return Process(name, self.folder, arguments, environment)
            case _ as never:
                assert_never(never)


def before_others(pid: int, niceness: int = -10) -> None:
    """The kernel prefers this process, where we may say so: else the machine's mood is measured."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
        # Between sessions, and each of ours has its own, this one counts.
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness), encoding="ascii")


async def _consumes(process: Process) -> None:
    if isinstance(process, RelayProcess):
        # Where the rate is low others send for it, and it does not consume.
        await process.until_logged(f'({CONSUMING}|"change": "standby")', poll_seconds=0.1)
    else:
        await process.until_logged("(consuming)", poll_seconds=0.1)


async def _declare(url: str) -> None:
    connection = await aio_pika.connect(url, timeout=30)
    async with connection:
        await declare(connection, build_whole_topology("orders", RetryPolicy().delays_seconds))
