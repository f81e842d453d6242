"""When the broker is asked, and what an answer may do: on a wire that a test holds."""

import asyncio
from typing import Any

import pytest

from service.core.topology import build_topology
from service.edges.amqp.assurance import Assurance, AssurancePorts, Blocking
from service.edges.amqp.broker import Broker
from service.edges.amqp.connection import Session
from service.edges.amqp.holding import Doubt, Holding
from service.edges.amqp.proof import confirming
from service.flow.events.labels import LostCause
from tests.flow.clock import FakeClock, settle


class FakeChannel:
    """A channel that confirms when it may, and takes back what is published in a transaction."""

    def __init__(self, confirm: asyncio.Event) -> None:
        self._confirm = confirm
        self.closed = self.transacted = False

    async def basic_publish(self, _: bytes, **__: object) -> None:
        """As the broker answers a question for a right, or a proof."""
        if not self.transacted:
            await self._confirm.wait()

    async def tx_select(self, **_: object) -> None:
        """What follows can be taken back."""
        self.transacted = True

    async def tx_rollback(self, **_: object) -> None:
        """Only what can be taken back is."""
        assert self.transacted

    async def initialize(self) -> None:
        """It is open."""

    async def get_underlay_channel(self) -> "FakeChannel":
        """Itself."""
        return self

    async def close(self) -> None:
        """As it says."""
        self.closed = True


class FakeConnection:
    """aio-pika's connection; `unblocked` is when no alarm sounds."""

    def __init__(self) -> None:
        self.unblocked, self.confirm = asyncio.Event(), asyncio.Event()
        self.opened: list[FakeChannel] = []
        self.connection = FakeWire(self)
        self.transport = self

    def channel(self, **_: object) -> FakeChannel:
        """One to be initialized."""
        self.opened.append(FakeChannel(self.confirm))
        return self.opened[-1]


class FakeWire:
    """aiormq's connection below it."""

    def __init__(self, outer: FakeConnection) -> None:
        self._outer = outer

    async def ready(self) -> None:
        """Without an alarm."""
        await self._outer.unblocked.wait()

    async def channel(self, **_: object) -> FakeChannel:
        """One that is open."""
        return self._outer.channel()


def _connection() -> Any:
    return FakeConnection()


class World:
    """An assurance that looks after one session."""

    def __init__(self) -> None:
        self.wire = _connection()
        self.session = Session()
        self.lifts = 0
        self.holding = Holding(lambda _: None, self._lift)
        self.holding.begin(Doubt.UNPROVEN, "not connected yet")
        ports = AssurancePorts(
            Broker(["amqp://localhost:1/"]),
            self._prepare,  # type: ignore[arg-type] # a call, as the class is one
            self.holding,
            FakeClock(),
            lambda: Blocking(now=False, times=0),
        )
        topology = build_topology("orders", (1,))
        assurance = Assurance(ports, topology, within_seconds=60, every_seconds=60)
        self.keeping = asyncio.create_task(assurance.keep(self.wire, self.session))

    def _lift(self) -> None:
        self.lifts += 1

    async def _prepare(self, _: object) -> None:
        """Nothing is missing."""

    async def end(self) -> None:
        """As when the session is over."""
        self.keeping.cancel()
        await asyncio.gather(self.keeping, return_exceptions=True)


async def test_no_question_while_the_broker_blocks() -> None:
    """It reads nothing of the connection then: each would run into its bound, and end it."""
    world = World()
    await settle()
    assert world.wire.opened == []
    world.wire.unblocked.set()
    world.wire.confirm.set()
    await settle()
    assert world.wire.opened
    assert world.lifts == 1
    await world.end()


async def test_a_confirm_for_a_session_that_is_broken_by_then_lifts_nothing() -> None:
    """The hold is that of the next session, and orders would be sent without one."""
    world = World()
    world.wire.unblocked.set()
    await settle()
    world.session.break_(LostCause.CONNECTION_CLOSED, "lost")
    world.wire.confirm.set()
    await settle()
    assert world.lifts == 0
    await world.end()


async def test_the_channel_of_a_question_is_closed_whatever_the_answer() -> None:
    """Left open, they would be as many as the broker allows one day."""
    wire = _connection()
    with pytest.raises(ValueError, match="refused"):
        async with confirming(wire):
            raise ValueError("refused")
    assert [channel.closed for channel in wire.opened] == [True]
