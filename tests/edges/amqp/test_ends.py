"""What the end of a connection (trap 4) or of the process leaves behind: nothing is lost."""

import asyncio
import gc
import os
import time
from pathlib import Path

import pytest

from service.core.outcome import Accepted
from service.core.settlement import Settlement
from service.edges.amqp.broker import Broker, BrokerUnreachableError
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.order import Abandoned, DeliveryArrived, Settled
from service.flow.events.process import ConsumingStarted
from service.flow.ports import Confirmed
from service.flow.sending.account import Attempt
from service.flow.sending.line import Turn
from tests.edges.amqp.crash import fill
from tests.edges.amqp.edge import Edge, Options, WholeRelay, consuming, publication, relaying
from tests.edges.amqp.hostile import BODY
from tests.edges.amqp.proxied import through
from tests.flow.clock import settle
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Proxy


async def test_losing_the_connection_does_not_cancel_the_order_in_flight(
    vhost: VirtualHost, proxy: Proxy, far_broker: Broker
) -> None:
    """The POST ends as if nothing had happened, and its answer serves the delivery's repeat.

    With the order carried in the consumer's callback itself: it was cancelled with the
    connection, and the API got the order a second time.
    """
    async with relaying(far_broker) as whole:
        whole.api.pause()
        await vhost.publish(BODY, exchange="orders", routing_key="order.request", message_id="o-1")
        await whole.log.until("submit o-1")
        assert proxy.cut() >= 2
        await whole.edge.events.until(ConsumingStarted, number=2)
        await whole.edge.events.until(DeliveryArrived, redelivered=True)
        whole.api.resume()
        await whole.edge.events.until(Abandoned, request_id="o-1")
        await whole.edge.events.until(Settled, request_id="o-1")
        assert whole.log == ["submit o-1"]
        causes = whole.edge.events.causes(ConnectionName.CONSUME)
        assert causes == [LostCause.CONNECTION_CLOSED]
    await vhost.until(lambda queues: queues["orders.requests"].messages == 0)
    replies = await vhost.drain("orders.unrouted")
    assert len(replies) == 1
    assert b'"order": "ord_o-1"' in replies[0].body


COUNT = 300


async def _start(edge: Edge) -> None:
    edge.start()
    await edge.until_consuming()


async def test_every_ack_arrives_before_the_end(vhost: VirtualHost, broker: Broker) -> None:
    """Not one of those that were acked comes to the next process.

    With the channel's CloseOk for a barrier alone: in 8 of 40 runs between 22 and 267 of the 300
    came again. The broker's channel sends a quorum queue 32 acks, keeps the others until those
    are applied, and had forgotten them at its end.
    """
    edge = Edge(broker, Options(prefetch=COUNT))
    await _start(edge)
    await fill(vhost, "orders", "order.request", [f"o-{number}" for number in range(COUNT)])
    await edge.inbox.until(COUNT)
    await asyncio.gather(*(delivery.ack() for delivery in edge.inbox.deliveries))
    await edge.stop()
    assert await vhost.drain("orders.requests") == []
    assert edge.unbroken()


IN_FLIGHT = 4


async def test_what_is_in_flight_is_served_the_rest_returned(
    vhost: VirtualHost, broker: Broker
) -> None:
    """After the cancel nothing more comes; what was served is gone, and the rest comes again."""
    whole = WholeRelay(Edge(broker, Options(prefetch=40)))
    await _start(whole.edge)
    for number in range(16):
        sent = Turn(0.0, sent_at=time.monotonic())
        whole.edge.gate.report(sent, Attempt(number), Accepted("ord_1"))
    whole.api.pause()
    await fill(vhost, "orders", "order.request", [f"o-{number}" for number in range(40)])
    await whole.edge.events.until(DeliveryArrived, number=40)
    # Two at first, and as many again when these hang.
    await whole.log.until(f"submit o-{IN_FLIGHT - 1}")
    whole.edge.gate.drain()
    await asyncio.wait_for(whole.edge.consumer.quiet.wait(), 10)
    await whole.edge.events.until(Settled, settlement=Settlement.RETURNED, number=40 - IN_FLIGHT)
    whole.api.resume()
    assert await whole.relay.finish(10) == 0
    await whole.edge.stop()
    assert len(whole.edge.events.of(Settled, settlement=Settlement.REPLIED)) == IN_FLIGHT
    back = await vhost.drain("orders.requests")
    assert len(back) == 40 - IN_FLIGHT
    assert all(message.redelivered for message in back)
    assert len(await vhost.drain("orders.unrouted")) == IN_FLIGHT


async def test_a_stop_before_the_first_connection_is_no_error(vhost: VirtualHost) -> None:
    """Nothing was begun, so nothing is to be waited for."""
    edge = Edge(Broker([vhost.url]))
    edge.start()
    await edge.stop()


REBUILDS = 20
WARM = 3


def _open_files() -> int:
    return len(list(Path(f"/proc/{os.getpid()}/fd").iterdir()))


async def _held() -> tuple[int, int]:
    """The tasks and files of this process, when what is done with is gone."""
    await settle()
    gc.collect()
    return len(asyncio.all_tasks()), _open_files()


@pytest.mark.timeout(180)
async def test_twenty_rebuilds_of_both_connections_leave_tasks_and_files_flat(
    proxy: Proxy, far_broker: Broker
) -> None:
    """Counted at one point of each session: consuming, and a publish confirmed."""
    async with consuming(far_broker) as edge:
        counts = []
        for number in range(1, REBUILDS + 1):
            proxy.cut()
            await edge.events.connected(ConnectionName.CONSUME, number + 1)
            await edge.events.connected(ConnectionName.PUBLISH, number + 1)
            await edge.events.until(ConsumingStarted, number=number + 1)
            assert await edge.publisher.publish(publication()) == Confirmed()
            counts.append(await _held())
    settled = counts[WARM:]
    least_tasks, least_files = (min(column) for column in zip(*settled, strict=True))
    # What a moment adds: a look for blocks, a count of consumers, a socket not closed yet.
    assert max(tasks for tasks, _ in settled) <= least_tasks + 6
    assert max(files for _, files in settled) <= least_files + 4
    assert settled[-1][0] <= settled[0][0] + 6


async def test_tries_that_time_out_leave_nothing_behind(vhost: VirtualHost, proxy: Proxy) -> None:
    """A black hole for a whole night must not use the files up."""
    proxy.stall()
    broker = Broker([through(proxy, vhost.url)], connect_timeout_seconds=0.05)
    before = asyncio.all_tasks()
    for number in range(1, REBUILDS + 1):
        connecting = asyncio.create_task(broker.connect(ConnectionName.PUBLISH))
        await proxy.connected(number)
        try:
            await connecting
        except BrokerUnreachableError:
            continue
    proxy.resume()
    await proxy.disconnected()
    await settle()
    left = {task for task in asyncio.all_tasks() - before if "aiormq" in repr(task)}
    assert left == set()
