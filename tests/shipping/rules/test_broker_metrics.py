"""The broker's metrics that the rules ask for are those of a real broker."""

import asyncio
import re
import urllib.request

import pytest

from tests.shipping.rules.exposed import BROKERS
from tests.world.broker.node import RabbitNode
from tests.world.broker.vhost import VirtualHost
from tests.world.load.waiting import until

FAMILIES = "family=queue_coarse_metrics&family=queue_consumer_count"


@pytest.mark.timeout(180)
async def test_a_broker_shows_them_for_each_queue(
    rabbit_node: RabbitNode, vhost: VirtualHost
) -> None:
    """With the labels `queue` and `vhost`, on the page that the runbooks name."""
    await vhost.declare("orders.requests")
    url = f"{rabbit_node.prometheus_url}/detailed?{FAMILIES}"
    labels = {f'vhost="{vhost.name}"', 'queue="orders.requests"'}

    def shown() -> set[str]:
        with urllib.request.urlopen(url, timeout=30) as answer:
            page = answer.read().decode()
        series = re.findall(r"^(\w+)\{([^}]*)\} ", page, re.MULTILINE)
        return {name for name, text in series if labels == set(text.split(","))}

    async def all_are() -> bool:
        return await asyncio.to_thread(shown) >= BROKERS

    await until(all_are, f"{set(BROKERS)} of {labels}", timeout_seconds=120, poll_seconds=0.5)
