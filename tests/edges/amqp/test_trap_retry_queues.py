"""The fifth trap: a waiting room that loses what is in it when the broker is killed."""

import pytest

from tests.edges.amqp.crash import arrivals, declared, hop_through_a_crash
from tests.edges.amqp.edge import DELAYS, ORDERS
from tests.world.broker import RabbitNode
from tests.world.broker.vhost import VirtualHost

MESSAGES = 500


@pytest.mark.timeout(180)
async def test_a_broker_killed_during_the_hop_loses_nothing(spare_node: RabbitNode) -> None:
    """Every order that waited arrives at least once, after kill -9 and a new start.

    With classic waiting queues of the same delay: 33, 1 and 1 of 500 arrived, in three runs.
    """
    ids = {f"o-{number}" for number in range(MESSAGES)}
    with VirtualHost.fresh(spare_node) as vhost:
        await hop_through_a_crash(vhost, ORDERS, ids)
        assert await arrivals(vhost, ORDERS, ids) == ids


async def test_the_waiting_queues_are_safe_ones(vhost: VirtualHost) -> None:
    """Quorum queues whose dead-lettering waits for the confirm of the next queue.

    Without `reject-publish` the broker falls back to at-most-once: it says so in its log only.
    """
    await declared(vhost.url, ORDERS)
    queues = vhost.queues()
    for seconds in DELAYS:
        queue = queues[f"orders.retry.{seconds}"]
        assert queue.type == "quorum"
        assert queue.arguments["x-dead-letter-strategy"] == "at-least-once"
        assert queue.arguments["x-overflow"] == "reject-publish"
    flags = vhost.node.api.get("feature-flags")
    states = {flag["name"]: flag["state"] for flag in flags}
    # On 3.10 the strategy needs it; later versions have it always.
    assert states.get("stream_queue", "enabled") == "enabled"
