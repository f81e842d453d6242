"""A link whose troubles overlap, and traps on it for the bytes of one frame."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from pamqp import commands, frame
from pamqp.base import Frame

from tests.trials.chaos.faults.exact import ACK, MOMENTS
from tests.trials.chaos.kinds import Kind
from tests.trials.chaos.wire import Trap, Trouble, Wire
from tests.world.faults import BOTH, Direction
from tests.world.faults.echo import WAIT_SECONDS, Echo, Streams, connection, exchange, proxied


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """A link to an echo."""
    async with proxied(Echo()) as proxy:
        yield Wire(proxy)


@pytest.fixture
async def client(wire: Wire) -> AsyncIterator[Streams]:
    """A connection over the link."""
    async with connection(wire.proxy) as streams:
        yield streams


async def _is_reset(client: Streams) -> bool:
    try:
        return await asyncio.wait_for(client[0].read(1), WAIT_SECONDS) == b""
    except ConnectionResetError:
        return True


async def test_the_end_of_one_trouble_leaves_the_other(wire: Wire, client: Streams) -> None:
    """Two stalls of both ways: the link works again only when both have ended."""
    assert await exchange(client, b"a") == b"a"
    first, second = Trouble(stalled=BOTH), Trouble(stalled=(Direction.TO_TARGET,))
    with wire.suffering(second):
        with wire.suffering(first):
            held = wire.proxy.saw(lambda _way, data: data.endswith(b"b"), timeout_seconds=60)
            client[1].write(b"b")
            await held
        passed = wire.proxy.passed_bytes(Direction.TO_TARGET)
        held = wire.proxy.saw(lambda way, _: way is Direction.TO_TARGET, timeout_seconds=0.2)
        with pytest.raises(TimeoutError):
            await held
        assert wire.proxy.passed_bytes(Direction.TO_TARGET) == passed
    assert await asyncio.wait_for(client[0].readexactly(1), WAIT_SECONDS) == b"b"


async def test_what_swallowed_bytes_ends_with_a_reset(wire: Wire, client: Streams) -> None:
    """A stream with a hole in it must not go on."""
    with wire.suffering(Trouble(stalled=BOTH, swallows=True)):
        lost = wire.proxy.saw(lambda _way, data: data == b"lost", timeout_seconds=WAIT_SECONDS)
        client[1].write(b"lost")
        await lost
    assert await _is_reset(client)
    async with connection(wire.proxy) as again:
        assert await exchange(again, b"found") == b"found"


async def test_refusals_overlap(wire: Wire, client: Streams) -> None:
    """New connections are taken when the last refusal has ended; open ones are reset at once."""
    assert await exchange(client, b"a") == b"a"
    async with AsyncExitStack() as outer:
        await outer.enter_async_context(wire.refusing())
        async with wire.refusing():
            assert await _is_reset(client)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", wire.proxy.port)
    async with connection(wire.proxy) as again:
        assert await exchange(again, b"b") == b"b"


async def test_a_trap_springs_once_and_before_the_bytes(wire: Wire, client: Streams) -> None:
    """What it waits for does not pass; later the same bytes do."""
    sprung: list[str] = []

    def spring() -> bool:
        sprung.append("!")
        return True

    wire.lay(Trap(Direction.TO_TARGET, b"ack", spring))
    assert await exchange(client, b"publish") == b"publish"
    client[1].write(b"an ack")
    assert await _is_reset(client)
    assert wire.proxy.passed_bytes(Direction.TO_TARGET) == len(b"publish")
    async with connection(wire.proxy) as again:
        assert await exchange(again, b"an ack") == b"an ack"
    assert sprung == ["!"]


async def test_a_trap_that_finds_nobody_stays_until_cleared(wire: Wire, client: Streams) -> None:
    """It springs for who is there; cleared, it is gone."""
    trap = Trap(Direction.TO_CLIENT, b"x", lambda: False)
    wire.lay(trap)
    assert await exchange(client, b"x") == b"x"
    wire.clear(trap)
    wire.clear(trap)
    assert await exchange(client, b"x") == b"x"


REPLY = commands.Basic.Publish(exchange="orders.replies", routing_key="chaos.1", mandatory=True)
RETRY = commands.Basic.Publish(exchange="orders.retry", routing_key="5", mandatory=True)
PARKED = commands.Basic.Publish(exchange="orders.parked", routing_key="", mandatory=True)
OTHERS: tuple[Frame, ...] = (
    PARKED,
    commands.Basic.Nack(1),
    commands.Basic.Reject(1),
    commands.Basic.Qos(prefetch_count=60),
    commands.Basic.Consume(queue="orders.requests"),
    commands.Basic.Cancel(consumer_tag="orders.replies"),
)


@pytest.mark.parametrize(
    ("kind", "its_own"),
    [
        (Kind.EXACT_BEFORE_REPLY, REPLY),
        (Kind.EXACT_BEFORE_RETRY, RETRY),
        (Kind.EXACT_BEFORE_CONFIRM, commands.Basic.Ack(2**40, multiple=True)),
        (Kind.EXACT_BEFORE_ACK, commands.Basic.Ack(7)),
    ],
)
def test_a_moment_is_that_of_one_frame(kind: Kind, its_own: Frame) -> None:
    """Found among what comes before and behind it in one chunk, on any channel."""
    pattern = MOMENTS[kind].pattern
    others = b"".join(frame.marshal(other, 1) for other in OTHERS)
    assert pattern not in others
    assert pattern in others + frame.marshal(its_own, 65_535) + others
    if pattern != ACK:
        assert pattern not in frame.marshal(commands.Basic.Ack(1), 1)
