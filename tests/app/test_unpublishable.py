"""What keeps results from being published keeps orders from being sent."""

import asyncio
import signal
from typing import Any

from service.core.topology import build_whole_topology
from tests.commands.typed import typed
from tests.edges.amqp.crash import declared
from tests.edges.amqp.hostile import BODY
from tests.edges.amqp.test_least_rights import READ, WRITE
from tests.world.admin import ready
from tests.world.broker.vhost import VirtualHost
from tests.world.fixtures import RunRelay
from tests.world.producer import Producer
from tests.world.relay_process import RelayProcess
from tests.world.standin import RequestIdIs, StandIn
from tests.world.standin.faults import Status

ORDERS = 100
DELAYS = (1, 5, 30, 120, 600, 3600)
WHOLE = build_whole_topology("orders", DELAYS)
NO_REPLIES = WRITE.replace("replies|", "")
WHY = (
    "the user may not write exchange orders.replies; see rabbitmqctl set_permissions and the README"
)


def _holds(relay: RelayProcess) -> list[dict[str, Any]]:
    return [line for line in relay.lines if line["event"].startswith("hold")]


async def test_a_login_that_may_not_reply_sends_no_order(
    vhost: VirtualHost, api: StandIn, settings: dict[str, Any]
) -> None:
    """Said by name by the log, `/readyz` and the check, without an end; then all are answered."""
    await declared(vhost.url, WHOLE)
    async with Producer.connect(vhost.url) as producer:
        for number in range(ORDERS):
            await producer.send(f"o-{number}")
        vhost.set_permissions(configure="", write=NO_REPLIES, read=READ)
        async with RelayProcess.start(settings | {"AMQP__TOPOLOGY": "check"}) as relay:
            await relay.event("broker connected", connection="consume")
            await relay.event("hold", reason="publisher", held=True, why=WHY)
            assert await ready(relay) == (503, [f"held: publisher: {WHY}"])
            check = await asyncio.to_thread(
                typed, "topology", "--check", AMQP__URL=vhost.url, AMQP__TOPOLOGY="check"
            )
            assert check.returncode == 1
            assert WHY in check.stdout
            assert vhost.queues()["orders.requests"].unacked == 0
            vhost.set_permissions(configure="", write=WRITE, read=READ)
            for number in range(ORDERS):
                assert (await producer.reply(f"o-{number}"))["status"] == "accepted"
            assert api.ledger.summary()["more_than_one_order"] == 0
            assert len(_holds(relay)) == 3


async def test_a_right_that_is_taken_away_holds_at_once(run_relay: RunRelay) -> None:
    """No order more is sent, and the end of the process is clean."""
    async with run_relay() as running:
        await running.producer.send("o-1")
        await running.producer.reply("o-1")
        everything = r"^orders(\.(requests|retry.*|parked|unrouted|peers))?$"
        running.vhost.set_permissions(write=everything)
        # Until then the broker may go by what it knows.
        running.vhost.close_connections()
        await running.relay.event("hold", reason="publisher", held=True, why=WHY)
        for number in range(10):
            await running.vhost.publish(
                BODY, exchange="orders", routing_key="order.request", message_id=f"{number}"
            )
        await running.vhost.until(lambda queues: queues["orders.requests"].ready == 10)
        assert running.api.ledger.summary()["calls"] == 1
        running.relay.process.send_signal(signal.SIGTERM)
        assert await running.relay.exit_code() == 0


async def test_queues_of_ours_that_were_deleted_are_declared_again(run_relay: RunRelay) -> None:
    """An order that must wait finds its queue, with its attempt; nothing delays the end."""
    async with run_relay() as running:
        later = Status(status=503, headers={"Retry-After": "61"})
        running.api.faults.add(later, RequestIdIs(request_id="o-1"))
        for seconds in DELAYS:
            running.vhost.node.api.delete("queues", running.vhost.name, f"orders.retry.{seconds}")
        await running.producer.send("o-1")
        await running.vhost.until(
            lambda queues: (
                sum(queue.messages for name, queue in queues.items() if "retry" in name) == 1
            )
        )
        running.relay.process.send_signal(signal.SIGTERM)
        assert await running.relay.exit_code() == 0
