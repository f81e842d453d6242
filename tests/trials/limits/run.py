"""Cases played on one broker, some at a time; each on a virtual host and an API of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, assert_never

from tests.trials.chaos.brokers import ChaosBroker
from tests.trials.limits.cases import (
    Act,
    AnyCase,
    Disturbed,
    FirstFail,
    Flaky,
    Neighbours,
    Outage,
    Player,
    Slow,
    Steady,
    WrongKey,
)
from tests.trials.limits.disturbing import disturbed
from tests.trials.limits.failing import first_fail, neighbours, outage, wrong_key
from tests.trials.limits.results import Result, Seen
from tests.trials.limits.slow import slow
from tests.trials.limits.stage import Stage
from tests.trials.limits.steady import flaky, steady
from tests.world.broker import RabbitNode, VirtualHost
from tests.world.broker.cluster import ClusterHost, RabbitCluster
from tests.world.commands import FAILURES

T = TypeVar("T")
Say = Callable[[str], None]


def shortened(case: AnyCase, seconds: float | None) -> AnyCase:
    """The case, watched for so long."""
    return case if seconds is None else replace(case, seconds=seconds)


def players_of(case: AnyCase) -> Sequence[Player]:
    """Who plays it, one after the other."""
    return case.players if isinstance(case, Steady | Flaky) else (Player.RELAY,)


async def play(case: AnyCase, stage: Stage, player: Player) -> list[Seen]:
    """What was seen of a case on its stage."""
    match case:
        case Steady():
            return await steady(case, stage, player)
        case Flaky():
            return await flaky(case, stage, player)
        case Disturbed():
            return await disturbed(case, stage)
        case Outage():
            return await outage(case, stage)
        case WrongKey():
            return await wrong_key(case, stage)
        case Neighbours():
            return await neighbours(case, stage)
        case FirstFail():
            return await first_fail(case, stage)
        case Slow():
            return await slow(case, stage)
        case _ as never:
            assert_never(never)


@dataclass(frozen=True)
class Trial:
    """Plays cases on a node, at most `jobs` at a time."""

    node: RabbitNode
    folder: Path
    say: Say
    jobs: int = 1

    async def results(self, cases: Sequence[AnyCase]) -> list[Result]:
        """One for each case and who plays it, in their order."""
        turns = asyncio.Semaphore(self.jobs)

        async def in_turn(case: AnyCase, player: Player) -> Result:
            async with turns:
                result = await self._result(case, player)
            self.say(result.row())
            return result

        async with asyncio.TaskGroup() as group:
            parts = [
                group.create_task(in_turn(case, player))
                for case in cases
                for player in players_of(case)
            ]
        return [part.result() for part in parts]

    async def _result(self, case: AnyCase, player: Player) -> Result:
        name = case.name if player is Player.RELAY else f"{case.name}, {player}"
        folder = self._new_folder(name)
        self.say(f"{name}: begins")
        try:
            async with self._stage(case, folder, lambda line: self.say(f"{name}: {line}")) as stage:
                return Result(case.name, player, await play(case, stage, player))
        except FAILURES as error:
            return Result(case.name, player, problem=f"{type(error).__name__}: {error}")

    def _new_folder(self, name: str) -> Path:
        folder = self.folder / name.replace(" ", "-").replace("/", "by")
        folder.mkdir()
        return folder

    @asynccontextmanager
    async def _stage(self, case: AnyCase, folder: Path, tell: Say) -> AsyncIterator[Stage]:
        async with AsyncExitStack() as stack:
            host = await stack.enter_async_context(self._host(case, folder))
            broker = await stack.enter_async_context(_in_thread(ChaosBroker.prepare(host)))
            yield await stack.enter_async_context(Stage.opened(broker, folder, tell))

    @asynccontextmanager
    async def _host(self, case: AnyCase, folder: Path) -> AsyncIterator[VirtualHost | ClusterHost]:
        """On the node, or on a cluster where a node of it is to hang."""
        if not (isinstance(case, Disturbed) and case.act is Act.HANG):
            async with _in_thread(VirtualHost.fresh(self.node)) as host:
                yield host
            return
        cluster = await asyncio.to_thread(RabbitCluster.start, folder)
        async with _in_thread(cluster), _in_thread(cluster.fresh_vhost()) as several:
            yield several


@asynccontextmanager
async def _in_thread(manager: AbstractContextManager[T]) -> AsyncIterator[T]:
    """Enters and leaves it in a thread: what it asks of the broker may take seconds."""
    entered = await asyncio.to_thread(manager.__enter__)
    try:
        yield entered
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)
