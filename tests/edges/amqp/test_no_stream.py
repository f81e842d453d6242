"""Replicas without the stream, all of them or one: consumers are counted, and it is said why."""

from collections.abc import Iterator

import pytest
from aiormq.exceptions import ChannelPreconditionFailed, ConnectionInternalError

from service.edges.amqp.broker import Broker
from service.edges.amqp.no_stream import no_stream
from service.flow.events.labels import NoStream
from service.flow.events.process import SharingChanged, SharingLost
from service.flow.sending.said import State
from service.flow.sending.sharing import Common
from tests.edges.amqp.crash import declared
from tests.edges.amqp.replicas import PEERS, Start, all_have
from tests.world.broker.vhost import VirtualHost


@pytest.fixture
def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """Nothing stands but what the replicas declare."""
    return empty_vhost


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


@pytest.fixture
def writer(vhost: VirtualHost) -> Iterator[str]:
    """A second login, which may write and not read."""
    user = f"{vhost.user}-writer"
    vhost.node.add_user(user, "secret")
    try:
        vhost.node.set_permissions(user, vhost.name, configure="", write=".*", read="")
        yield user
    finally:
        vhost.node.delete_user(user)


async def test_one_that_may_not_read_is_left_its_part(
    vhost: VirtualHost, start: Start, writer: str
) -> None:
    """It says so in the stream at each try; what it takes by counting is what the others leave."""
    one, two = start("a"), start("b")
    await all_have(1 / 2, one, two)
    three = start("c", Broker([vhost.node.amqp_url(writer, "secret", vhost.name)]), mode="check")
    three.peers.counted(3)
    await all_have(1 / 3, one, two, three)
    assert [each.peers.count() for each in (one, two, three)] == [3, 3, 3]
    vhost.node.set_permissions(writer, vhost.name, configure="", write=".*", read=".*")
    await three.events.until(SharingChanged, without=None)
    await all_have(1 / 3, one, two, three)
    # By weights again, and not by heads.
    two.become(State(weight=0.1))
    await all_have(1 / 2.1, one, three)


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
