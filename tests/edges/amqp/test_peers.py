"""Replicas that share the limits through a real stream."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from math import inf

import pytest
from aiormq.exceptions import ChannelPreconditionFailed, ConnectionInternalError

from service.edges.amqp.broker import Broker
from service.edges.amqp.no_stream import no_stream
from service.edges.amqp.peers_wire import LONGEST_BODY_BYTES, read, write
from service.edges.amqp.preparation import TopologyMode
from service.edges.system_clock import SystemClock
from service.flow.events.labels import NoStream
from service.flow.events.process import SharingChanged, SharingLost
from service.flow.sending.peers import Said, State
from service.flow.sending.sharing import Common
from tests.edges.amqp.crash import declared
from tests.edges.amqp.proxied import through
from tests.edges.amqp.replicas import PEERS, Replica
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Direction, Proxy

BEFORE_A_LIFE_SECONDS = 3.5

Start = Callable[..., Replica]


@pytest.fixture
def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """Nothing stands but what the replicas declare."""
    return empty_vhost


@pytest.fixture
async def start(broker: Broker) -> AsyncIterator[Start]:
    """Start a replica; all end with the test."""
    async with AsyncExitStack() as stack:

        def one(name: str, at: Broker = broker, mode: TopologyMode = "declare") -> Replica:
            replica = Replica(name, at, mode)
            stack.push_async_callback(replica.kill)
            return replica

        yield one


async def _all(share: float, *replicas: Replica, timeout_seconds: float = 50.0) -> None:
    waits: list[Awaitable[None]] = [
        each.until(share, timeout_seconds=timeout_seconds) for each in replicas
    ]
    await asyncio.gather(*waits)


async def test_two_begin_a_third_joins_and_one_says_good_bye(start: Start) -> None:
    """The shares follow at once: sooner than any of them could be missed."""
    one = start("a")
    await one.until(1)
    two = start("b")
    await _all(1 / 2, one, two)
    three = start("c")
    await _all(1 / 3, one, two, three)
    assert [each.peers.count() for each in (one, two, three)] == [3, 3, 3]
    assert [each.peers.leads() for each in (one, two, three)] == [True, False, False]
    await three.stop()
    await _all(1 / 2, one, two, timeout_seconds=BEFORE_A_LIFE_SECONDS)
    assert three.peers.share() == 0
    assert one.events.events == [SharingChanged(None, "by the stream orders.peers")]


async def test_one_that_is_gone_without_a_word_is_missed_after_its_life(start: Start) -> None:
    """Not before: it may be there and only be late."""
    one, two = start("a"), start("b")
    await _all(1 / 2, one, two)
    killed_at = asyncio.get_running_loop().time()
    await two.kill()
    await one.until(1)
    assert asyncio.get_running_loop().time() - killed_at > 2.5


async def test_weights_and_what_is_known_go_to_all(start: Start) -> None:
    """An idle one leaves its part, a held one all of it; the smallest rates count."""
    one, two = start("a"), start("b")
    await _all(1 / 2, one, two)
    two.become(State(weight=0.1, ceiling=70.0, budget=80.0, not_before_in=9.0, circuit=True))
    await one.until(1 / 1.1)
    await one.when(lambda: one.peers.common().circuit)
    common = one.peers.common()
    assert (common.ceiling, common.budget) == (70.0, 80.0)
    assert SystemClock().monotonic() < common.not_before < SystemClock().monotonic() + 9
    assert two.peers.common() == Common()
    two.become(State())
    await _all(1, one)
    assert two.peers.share() == 0
    two.become(State(weight=1))
    await _all(1 / 2, one, two, timeout_seconds=BEFORE_A_LIFE_SECONDS)


async def test_a_cut_connection_is_made_anew_and_continued(
    vhost: VirtualHost, start: Start
) -> None:
    """What was read is not read again, and the replica is the same to the others."""
    async with Proxy("127.0.0.1", vhost.node.amqp_port) as proxy:
        one, two = start("a"), start("b", Broker([through(proxy, vhost.url)]))
        await _all(1 / 2, one, two)
        proxy.cut()
        await two.events.until(SharingLost)
        await proxy.connected(2)
        await _all(1 / 2, one, two)
        assert one.peers.count() == two.peers.count() == 2


async def test_who_hears_nothing_sends_nothing(vhost: VirtualHost, start: Start) -> None:
    """It lapses before the others take its part, and begins again when it hears them."""
    async with Proxy("127.0.0.1", vhost.node.amqp_port) as proxy:
        one, two = start("a"), start("b", Broker([through(proxy, vhost.url)]))
        await _all(1 / 2, one, two)
        proxy.stall(Direction.TO_CLIENT)
        await one.until(1)
        assert two.peers.share() == 0
        assert not two.peers.leads()
        proxy.resume()
        await _all(1 / 2, one, two)


async def test_a_stream_that_is_deleted_is_made_again(vhost: VirtualHost, start: Start) -> None:
    """Its offsets begin at 0 again, and nobody goes by those of the old one."""
    one, two = start("a"), start("b")
    await _all(1 / 2, one, two)
    async with vhost.channel() as channel:
        await channel.queue_delete("orders.peers")
    await one.events.until(SharingLost)
    await two.events.until(SharingLost)
    await _all(1 / 2, one, two)


async def test_what_is_not_of_the_schema_is_passed_over(vhost: VirtualHost, start: Start) -> None:
    """Nothing in it can end the reading."""
    one = start("a")
    await one.until(1)
    async with vhost.channel() as channel:
        exchange = await channel.get_exchange("orders.peers", ensure=False)
    for body in (b"", b"\xff", b"[]", b"{}", b'{"id": "x", "weight": 1}', b"x" * 200_000):
        await vhost.publish(body, exchange=exchange.name, routing_key="")
    two = start("b")
    await _all(1 / 2, one, two)
    assert not one.events.of(SharingLost)


SAID = Said(id="a", weight=1.0, seen=3, at=1.5, life=4.0, ceiling=80.0)


def test_what_is_written_is_read() -> None:
    """With keys of a later version beside it."""
    assert read(write(SAID)) == SAID
    assert read(b'{"id":"a","weight":1,"seen":3,"at":1.5,"life":4,"ceiling":80,"new":[1]}') == SAID


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": 1.1},
        {"weight": -0.1},
        {"at": inf},
        {"life": 0.0},
        {"life": 61.0},
        {"life": inf},
        {"not_before_in": -1.0},
        {"ceiling": 0.0},
        {"budget": inf},
        {"id": "a" * LONGEST_BODY_BYTES},
    ],
    ids=str,
)
def test_what_cannot_be_is_passed_over(wrong: dict[str, object]) -> None:
    """One such message would be everybody's."""
    values: dict[str, object] = {"id": "a", "weight": 1.0, "seen": 3, "at": 1.5, "life": 4.0}
    text = str(values | wrong).replace("'", '"').replace("inf", "Infinity")
    assert read(text.encode()) is None


RIGHTS = "write on the exchange and read on the stream"


@pytest.mark.parametrize(
    ("write_right", "read_right"), [("", ".*"), (".*", "")], ids=["no write", "no read"]
)
async def test_without_a_right_consumers_are_counted(
    vhost: VirtualHost, start: Start, write_right: str, read_right: str
) -> None:
    """That is said once, the lowest count of late divides, and never a count of 0."""
    await declared(vhost.url, PEERS)
    vhost.set_permissions(configure="", write=write_right, read=read_right)
    one = start("a", mode="check")
    changed = await one.events.until(SharingChanged, without=NoStream.RIGHTS)
    assert RIGHTS in changed.why
    assert (one.peers.share(), one.peers.count(), one.peers.leads()) == (0, 1, True)
    for consumers in (0, 4, 3, 0):
        one.peers.counted(consumers)
    assert (one.peers.share(), one.peers.count()) == (1 / 3, 3)
    assert one.peers.common() == Common()
    vhost.set_permissions()
    await one.until(1)
    assert [event.without for event in one.events.of(SharingChanged)] == [NoStream.RIGHTS, None]
    assert not one.events.of(SharingLost)


async def test_a_stream_that_is_not_there_is_said(vhost: VirtualHost, start: Start) -> None:
    """Where an operator owns the topology: until it is made, and bound."""
    one = start("a", mode="check")
    changed = await one.events.until(SharingChanged)
    assert (changed.without, "orders.peers is missing" in changed.why) == (NoStream.MISSING, True)
    await declared(vhost.url, PEERS)
    await one.until(1)
    async with vhost.channel() as channel:
        queue = await channel.get_queue("orders.peers", ensure=False)
        await queue.unbind("orders.peers", "")
    unbound = await one.events.until(SharingChanged, number=3)
    assert unbound.without is NoStream.MISSING, one.events.events
    assert "NO_ROUTE" in unbound.why


def test_a_feature_flag_that_is_off_is_said() -> None:
    """In the words of RabbitMQ 3.10, which ends the connection for it; other defects may pass."""
    words = (
        "INTERNAL_ERROR - Cannot declare a queue 'queue 'orders.peers' in vhost '/'' of type "
        "'rabbit_stream_queue' on node 'rabbit@host': the corresponding feature flag is disabled"
    )
    assert no_stream(ConnectionInternalError(words)) is NoStream.FEATURE_FLAG
    assert no_stream(ConnectionInternalError("INTERNAL_ERROR")) is None


@pytest.mark.parametrize(
    ("words", "without"),
    [
        ("queue 'queue 'x' in vhost '/'' does not have a replica on the local node", "replica"),
        ("inequivalent arg 'x-queue-type' for queue 'x' in vhost '/'", "differs"),
    ],
)
def test_a_node_without_a_replica_is_told_from_another_queue(words: str, without: str) -> None:
    """The first is so for a moment wherever a stream is new or a node starts."""
    assert no_stream(ChannelPreconditionFailed(f"PRECONDITION_FAILED - {words}")) == without


async def test_another_queue_of_its_name_is_said(vhost: VirtualHost, start: Start) -> None:
    """Nothing of it is replaced."""
    await vhost.declare("orders.peers")
    changed = await start("a").events.until(SharingChanged)
    assert changed.without is NoStream.DIFFERS
    assert "x-queue-type is 'quorum', must be 'stream'" in changed.why
