"""Each suspect is tried alone, and none waits long for another."""

import asyncio
from collections import deque

from service.core.message import Message
from service.edges.amqp.attempt import Acked, Ended, Late, Outgoing, Over, Sending
from service.edges.amqp.broker import BrokerUnreachableError
from service.edges.amqp.trial import MOST_AT_A_TIME, Trial
from service.flow.ways import Destination
from tests.flow.clock import settle

AWAY = "the broker is away"


def _suspect(name: str) -> Outgoing:
    return Outgoing("replies", name, Message(b""), Destination("replies", name))


class FakeAlone:
    """Keeps to `Alone`: says what the key of its one names, and `slow` nothing until told."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.busy = False
        self.closed = False

    async def publish(self, outgoing: Outgoing) -> Ended:
        """By its key."""
        assert not self.busy
        assert not self.closed
        self.busy = True
        await asyncio.sleep(0)
        if outgoing.routing_key == "slow":
            await self._world.told.wait()
        self.busy = False
        match outgoing.routing_key:
            case "bad":
                return Over("the broker hung up", blamed=True)
            case "late":
                return Late(Sending())
            case _:
                return Acked()

    async def close(self) -> None:
        """As it says."""
        self.closed = True


class World:
    """A trial with its connections."""

    def __init__(self) -> None:
        self.told = asyncio.Event()
        self.connections: list[FakeAlone] = []
        self.connects: deque[asyncio.Event] = deque()
        self.away = False
        self.trial = Trial(self._connect)

    async def _connect(self) -> FakeAlone:
        if self.connects:
            await self.connects.popleft().wait()
        if self.away:
            raise BrokerUnreachableError(AWAY)
        self.connections.append(one := FakeAlone(self))
        return one

    def all_closed(self) -> bool:
        """Whether nothing is left open."""
        return all(one.closed for one in self.connections)


async def test_suspects_do_not_queue_behind_one_that_is_slow() -> None:
    """Nor behind one that connects; all connections are closed in the end."""
    world = World()
    world.connects.append(connecting := asyncio.Event())
    slow = [asyncio.create_task(world.trial(_suspect("slow"))) for _ in range(2)]
    others = await asyncio.gather(*(world.trial(_suspect("good")) for _ in range(20)))
    assert others == [Acked()] * 20
    assert not any(task.done() for task in slow)
    connecting.set()
    world.told.set()
    assert await asyncio.gather(*slow) == [Acked()] * 2
    assert len(world.connections) <= MOST_AT_A_TIME
    assert world.all_closed()


async def test_what_ended_a_connection_or_is_unconfirmed_there_meets_no_other() -> None:
    """The next would be blamed for it."""
    world = World()
    names = ["bad", "late"] * MOST_AT_A_TIME
    await asyncio.gather(*(world.trial(_suspect(name)) for name in names))
    assert len(world.connections) == len(names)
    assert world.all_closed()


async def test_where_the_broker_is_away_all_that_wait_hear_it_together() -> None:
    """Not each after a time-out of its own; a later one tries again."""
    world = World()
    world.away = True
    waits = [asyncio.Event() for _ in range(MOST_AT_A_TIME)]
    world.connects.extend(waits)
    tried = [asyncio.create_task(world.trial(_suspect("good"))) for _ in range(50)]
    await settle()
    waits[0].set()
    await settle()
    assert sum(task.done() for task in tried) == 50 - MOST_AT_A_TIME + 1
    for wait in waits:
        wait.set()
    ends = await asyncio.gather(*tried)
    assert all(isinstance(ended, Over) and not ended.blamed for ended in ends)
    world.away = False
    assert await world.trial(_suspect("good")) == Acked()


async def test_one_that_is_given_up_leaves_no_connection_open() -> None:
    """As at the end of the process."""
    world = World()
    trying = asyncio.create_task(world.trial(_suspect("slow")))
    await settle()
    trying.cancel()
    await asyncio.gather(trying, return_exceptions=True)
    assert len(world.connections) == 1
    assert world.all_closed()
