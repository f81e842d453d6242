"""The consumer: as many deliveries as are wanted, each of its own session, whatever breaks."""

from service.core.outcome import Accepted, Suspected
from service.core.settlement import Settlement
from service.edges.amqp.broker import Broker
from service.flow.events.labels import HoldReason
from service.flow.events.order import Settled
from service.flow.events.process import ConsumingStarted, ConsumingStopped, HoldChanged
from service.flow.sending.account import Attempt
from service.flow.sending.beginning import DOUBLED_SECONDS
from service.flow.sending.gate import Gate
from service.flow.sending.line import Turn
from service.flow.sending.suspects import SUSPECTS_UNTIL_CONFIRMED
from tests.edges.amqp.crash import fill
from tests.edges.amqp.edge import Edge, Options, consuming, relaying
from tests.flow.clock import FakeClock
from tests.world.broker.management import Queue
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Proxy


async def _send(vhost: VirtualHost, count: int) -> None:
    ids = [f"o-{number}" for number in range(count)]
    await fill(vhost, "orders", "order.request", ids)


def _counts(queue: Queue) -> tuple[int, int]:
    return (queue.ready, queue.unacked)


def _started(edge: Edge) -> list[int]:
    return [event.prefetch for event in edge.events.of(ConsumingStarted)]


async def test_an_acked_delivery_is_gone_and_one_given_back_comes_again(
    vhost: VirtualHost, broker: Broker
) -> None:
    """Marked as delivered before; a dead-lettered one is in the parked queue."""
    async with consuming(broker, Options(prefetch=1)) as edge:
        await _send(vhost, 2)
        await (await edge.inbox.until(1)).ack()
        second = await edge.inbox.until(2)
        assert not second.received.redelivered
        await second.requeue()
        third = await edge.inbox.until(3)
        assert third.received.redelivered
        assert third.received.message.message_id == second.received.message.message_id
        await third.requeue(counted=True)
        fourth = await edge.inbox.until(4)
        assert fourth.received.message.headers["x-delivery-count"] == 2
        await fourth.dead_letter()
        await vhost.until(lambda queues: queues["orders.parked"].ready == 1)
        await vhost.until(lambda queues: queues["orders.requests"].messages == 0)
        assert edge.unbroken()


async def test_no_more_than_the_prefetch_are_out_at_a_time(
    vhost: VirtualHost, broker: Broker
) -> None:
    """The rest is for other processes."""
    async with consuming(broker, Options(prefetch=3)) as edge:
        await _send(vhost, 10)
        await edge.inbox.until(3)
        await vhost.until(lambda queues: _counts(queues["orders.requests"]) == (7, 3))
        assert len(edge.inbox.deliveries) == 3
        assert _started(edge) == [3]


async def test_after_a_crash_one_is_taken_in_and_then_more(
    vhost: VirtualHost, broker: Broker
) -> None:
    """What a dead process held comes first, and may be what killed it."""
    async with consuming(broker, Options(prefetch=4)) as edge:
        await _send(vhost, 10)
        await edge.inbox.until(4)
    clock = FakeClock()
    async with consuming(broker, Options(careful=True, flow_clock=clock)) as edge:
        await edge.inbox.until(1)
        await vhost.until(lambda queues: _counts(queues["orders.requests"]) == (9, 1))
        await clock.advance(DOUBLED_SECONDS)
        await edge.events.until(ConsumingStarted, prefetch=2)
        await edge.inbox.until(2)


async def test_without_a_crash_all_are_taken_in_at_once(vhost: VirtualHost, broker: Broker) -> None:
    """The first one is new."""
    async with consuming(broker, Options(careful=True)) as edge:
        await _send(vhost, 10)
        await edge.inbox.until(8)
        assert _started(edge) == [1, 8]
        # Of a consumer that is cancelled the broker takes back what is on its way.
        await vhost.until(lambda queues: queues["orders.requests"].consumers == 2)
        assert not any(one.received.redelivered for one in edge.inbox.deliveries)


async def test_an_ack_for_a_dead_session_settles_nothing(
    vhost: VirtualHost, proxy: Proxy, far_broker: Broker
) -> None:
    """Tags count from 1 on each channel: the old ack must not hit the new delivery."""
    async with consuming(far_broker, Options(prefetch=1)) as edge:
        await _send(vhost, 1)
        old = await edge.inbox.until(1)
        proxy.cut()
        new = await edge.inbox.until(2)
        assert (old.alive, new.alive) == (False, True)
        assert new.received.redelivered
        await old.ack()
        await old.requeue()
        await old.dead_letter()
        # It is not settled yet: it can be given back, and comes again.
        await new.requeue()
        await (await edge.inbox.until(3)).ack()
        assert len(edge.events.of(ConsumingStarted)) == 2


async def test_the_gate_pauses_and_resumes(vhost: VirtualHost, broker: Broker) -> None:
    """Nothing is delivered while orders are held; what was is kept."""
    async with consuming(broker) as edge:
        await _send(vhost, 1)
        kept = await edge.inbox.until(1)
        edge.gate.hold_publisher("a test")
        await edge.events.until(ConsumingStopped, why="orders are held")
        assert edge.consumer.quiet.is_set()
        await _send(vhost, 2)
        await vhost.until(lambda queues: queues["orders.requests"].messages == 3)
        assert len(edge.inbox.deliveries) == 1
        await kept.ack()
        edge.gate.lift_publisher()
        await edge.inbox.until(3)
        await edge.until_consuming(2)
        assert _started(edge) == [8, 8]
        assert edge.unbroken()


async def test_what_is_held_counts_when_it_consumes_again(
    vhost: VirtualHost, broker: Broker
) -> None:
    """However often: the broker counts for each consumer alone."""
    async with consuming(broker, Options(prefetch=8)) as edge:
        await _send(vhost, 40)
        await edge.inbox.until(8)
        for number in (1, 2, 3):
            edge.gate.hold_publisher("a test")
            await edge.events.until(ConsumingStopped, number=number)
            edge.gate.lift_publisher()
            for delivery in edge.inbox.deliveries[2 * number - 2 : 2 * number]:
                await delivery.ack()
            came = 8 + 2 * number
            await edge.inbox.until(came)
            await _until_counted(vhost, ready=40 - came, unacked=8)
            assert len(edge.inbox.deliveries) == came
        for delivery in list(edge.inbox.deliveries[6:]):
            await delivery.ack()
        await edge.inbox.until(22)
        await _until_counted(vhost, ready=18, unacked=8)


async def _until_counted(vhost: VirtualHost, *, ready: int, unacked: int) -> None:
    await vhost.until(lambda queues: _counts(queues["orders.requests"]) == (ready, unacked))


def refuse_all(gate: Gate) -> None:
    """Let the gate hear of as many orders as it takes that the key is wrong."""
    for number in range(SUSPECTS_UNTIL_CONFIRMED):
        gate.report(Turn(0.0), Attempt(number + 1), Suspected(401, "wrong key"))


async def test_one_order_comes_alone_to_find_out(vhost: VirtualHost, broker: Broker) -> None:
    """While the account is misconfigured the prefetch is one, and full again when it works."""
    async with consuming(broker) as edge:
        refuse_all(edge.gate)
        await edge.events.until(ConsumingStarted, prefetch=1)
        await _send(vhost, 3)
        probe = await edge.inbox.until(1)
        await vhost.until(lambda queues: queues["orders.requests"].unacked == 1)
        assert len(edge.inbox.deliveries) == 1
        edge.gate.report(Turn(0.0), Attempt(9, probe=True), Accepted("ord_1", 200))
        await edge.inbox.until(3)
        assert probe.alive
        await edge.until_consuming(3)
        assert _started(edge) == [8, 1, 8]


async def test_while_results_cannot_be_published_nothing_is_consumed(
    vhost: VirtualHost, proxy: Proxy, far_broker: Broker
) -> None:
    """The consuming connection stands, what was delivered stays, and it goes on by itself."""
    options = Options(publish_broker=far_broker)
    async with consuming(Broker([vhost.url]), options) as edge:
        await _send(vhost, 1)
        kept = await edge.inbox.until(1)
        await proxy.refuse()
        proxy.cut()
        await edge.events.until(HoldChanged, reason=HoldReason.PUBLISHER, held=True, number=2)
        await edge.events.until(ConsumingStopped, why="orders are held")
        assert kept.alive
        await proxy.refuse(on=False)
        await edge.events.until(ConsumingStarted, number=2)
        await kept.ack()
        await vhost.until(lambda queues: queues["orders.requests"].messages == 0)


async def test_what_is_given_back_in_order_comes_again_in_order(
    vhost: VirtualHost, broker: Broker
) -> None:
    """And before what was not delivered yet."""
    async with consuming(broker, Options(prefetch=20)) as edge:
        await _send(vhost, 30)
        await edge.inbox.until(20)
        edge.gate.hold_publisher("a test")
        await edge.events.until(ConsumingStopped, why="orders are held")
        for delivery in list(edge.inbox.deliveries):
            await delivery.requeue()
        await vhost.until(lambda queues: _counts(queues["orders.requests"]) == (30, 0))
        edge.gate.lift_publisher()
        await edge.inbox.until(40)
        names = [each.received.message.message_id for each in edge.inbox.deliveries]
        assert names[20:] == [f"o-{number}" for number in range(20)]


async def test_what_waits_in_a_hold_is_given_back(vhost: VirtualHost, broker: Broker) -> None:
    """Brokers take back what is unacked for half an hour; so long before, others may have it."""
    clock = FakeClock()
    async with relaying(broker, Options(flow_clock=clock)) as whole:
        gate = whole.edge.gate
        refuse_all(gate)
        await whole.edge.events.until(ConsumingStarted, prefetch=1)
        await _send(vhost, 1)
        # It waits for its turn to probe, and nobody else is wanted.
        await whole.edge.events.until(ConsumingStopped)
        gate.hold_publisher("a test")
        await vhost.until(lambda queues: queues["orders.requests"].unacked == 1)
        await clock.advance(301)
        await whole.edge.events.until(Settled, settlement=Settlement.RETURNED)
        await vhost.until(lambda queues: queues["orders.requests"].ready == 1)
        assert whole.log == []


async def test_each_process_counts_itself(broker: Broker) -> None:
    """The rate is divided by the consumers: one too few would send too much."""
    async with consuming(broker) as edge:
        await edge.until_counted(1, timeout_seconds=8)
        async with consuming(broker) as second:
            await second.until_counted(2, timeout_seconds=8)
