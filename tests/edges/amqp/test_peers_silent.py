"""A stream that falls silent, for one replica or for all, and answers again."""

import pytest

from service.edges.amqp.broker import Broker
from service.edges.amqp.peers import DEAF_SECONDS, SILENT_SECONDS
from service.edges.amqp.peers_wire import read
from service.flow.events.labels import LostCause, NoStream
from service.flow.events.process import SharingChanged, SharingLost
from service.flow.sending.said import State
from service.flow.sending.sharing import Common
from tests.edges.amqp.crash import declared
from tests.edges.amqp.replicas import PEERS, Start, all_have
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Direction, Proxy


@pytest.fixture
def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """Nothing stands but what the replicas declare."""
    return empty_vhost


async def test_who_hears_nothing_for_long_counts_consumers(
    vhost: VirtualHost, proxy: Proxy, far_broker: Broker, start: Start
) -> None:
    """First it sends nothing, as the others take its part; heard again, it shares as before."""
    one, two = start("a"), start("b", far_broker)
    one.become(State(weight=1, ceiling=70.0))
    await all_have(1 / 2, one, two)
    await two.when(lambda: two.peers.common().ceiling == 70.0)
    two.peers.counted(3)
    proxy.stall(Direction.TO_CLIENT)
    two.clock.seconds += DEAF_SECONDS - 5
    assert (two.peers.share(), two.peers.count(), two.peers.leads()) == (0, 2, False)
    assert two.peers.common().ceiling == 70.0
    two.clock.seconds += 5
    assert (two.peers.share(), two.peers.count(), two.peers.leads()) == (1 / 3, 3, True)
    # What it heard last of the others is long over: it must not wait for them for ever.
    assert two.peers.common() == Common()
    proxy.resume()
    await all_have(1 / 2, one, two)
    assert two.peers.count() == 2
    assert two.peers.common().ceiling == 70.0


async def test_what_is_not_confirmed_ends_the_session(
    proxy: Proxy, far_broker: Broker, start: Start
) -> None:
    """The connection stands and nothing comes back: after a while it is made anew."""
    one = start("a", far_broker)
    await one.until(1)
    proxy.stall(Direction.TO_CLIENT)
    lost = await one.events.until(SharingLost)
    assert (lost.cause, lost.reason) == (
        LostCause.PUBLISH_TIMEOUT,
        "a publish was not confirmed in time",
    )
    proxy.resume()
    await one.until(1)


async def test_what_is_confirmed_and_never_comes_back_ends_the_session(
    vhost: VirtualHost, start: Start
) -> None:
    """Consumers are counted, in the next session as well, until the stream answers again."""
    await declared(vhost.url, PEERS)
    async with vhost.channel() as channel:
        one = start("a", mode="check")
        await one.until(1)
        one.peers.counted(4)
        stream = await channel.get_queue("orders.peers", ensure=False)
        elsewhere = await channel.declare_queue(exclusive=True)
        await elsewhere.bind("orders.peers")
        await stream.unbind("orders.peers", "")
        one.clock.seconds += SILENT_SECONDS
        lost = await one.events.until(SharingLost)
        assert (lost.cause, lost.reason) == (LostCause.PUBLISH_TIMEOUT, "nothing comes back")
        lost_at = one.clock.monotonic()
        async with elsewhere.iterator(no_ack=True, timeout=50) as said:
            await anext(each async for each in said if _at(each.body) > lost_at)
        assert (one.peers.share(), one.peers.count()) == (1 / 4, 4)
        await stream.bind("orders.peers", "")
        await one.until(1)
        assert one.peers.count() == 1
        assert one.events.of(SharingLost) == [lost]


async def test_what_was_heard_before_is_no_sign_of_life(
    vhost: VirtualHost, proxy: Proxy, far_broker: Broker, start: Start
) -> None:
    """One that may read and not write says so once, though it reads its own old words each time."""
    await declared(vhost.url, PEERS)
    one = start("a", far_broker, mode="check")
    await one.until(1)
    vhost.set_permissions(write="")
    proxy.cut()
    await one.events.until(SharingChanged, without=NoStream.RIGHTS)
    await proxy.connected(proxy.accepted + 3)
    vhost.set_permissions()
    await one.until(1)
    changes = [event.without for event in one.events.of(SharingChanged)]
    assert changes == [None, NoStream.RIGHTS, None]


def _at(body: bytes) -> float:
    said = read(body)
    assert said
    return said.at
