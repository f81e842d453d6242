"""One namespace as Prometheus sees it: relays on a virtual host of their own, and their API."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiormq.abc import AbstractChannel

from tests.trials.chaos.processes import ChaosApi, Replica
from tests.trials.chaos.wire import Wire
from tests.trials.observe.load import Load
from tests.trials.observe.scraping import Targets
from tests.world.broker import RabbitNode, VirtualHost
from tests.world.broker.ports import LOOPBACK
from tests.world.faults import Proxy
from tests.world.load import Replies


class SharedReplies(Replies):
    """Replies from a queue whose binding anybody may take away: it is not exclusive."""

    async def listen(self, channel: AbstractChannel) -> None:
        """Consumes every reply from now on."""
        declared = await channel.queue_declare("replies", durable=True, auto_delete=True)
        queue = declared.queue or ""
        await channel.queue_bind(queue, "orders.replies", "#")
        await channel.basic_consume(queue, self.take, no_ack=True)


@dataclass(frozen=True)
class Site:
    """What a fault may touch without touching another site."""

    name: str
    host: VirtualHost
    api: ChaosApi
    relays: list[Replica]
    replies: Replies
    load: Load
    targets: Targets

    def scraped(self, relay: Replica) -> None:
        """Prometheus finds the relay's present process from now on."""
        self.targets.put(self.name, f"{self.name}-{relay.number}", relay.process.admin_url)

    async def restart(self, relay: Replica) -> None:
        """A new process in the place of the relay's, dead or alive; it consumes, and is scraped."""
        await relay.replace()
        await relay.process.consuming()
        self.scraped(relay)


@dataclass(frozen=True, slots=True)
class SitePlan:
    """How many relays with which settings, and how many orders a second."""

    relays: int = 1
    orders_per_second: float = 5.0
    settings: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def opened(
    name: str, node: RabbitNode, directory: Path, targets: Targets, plan: SitePlan
) -> AsyncIterator[Site]:
    """A site whose relays consume and are scraped, and whose orders flow; all gone after."""
    folder = directory / name
    folder.mkdir()
    async with AsyncExitStack() as stack:
        host = stack.enter_context(VirtualHost.fresh(node))
        api = stack.enter_context(ChaosApi(folder))
        await api.ready()
        starting = range(plan.relays)
        relays = [await _relay(stack, number, folder, host, api, plan) for number in starting]
        for relay in relays:
            await relay.process.consuming(poll_seconds=0.1)
        replies = await stack.enter_async_context(SharedReplies.collect(host.url))
        load = await stack.enter_async_context(Load(host, name, plan.orders_per_second).flowing())
        site = Site(name, host, api, relays, replies, load, targets)
        stack.callback(targets.remove, name)
        for relay in relays:
            site.scraped(relay)
        yield site


async def _relay(
    stack: AsyncExitStack,
    number: int,
    folder: Path,
    host: VirtualHost,
    api: ChaosApi,
    plan: SitePlan,
) -> Replica:
    """A relay behind links of its own that has been started."""
    broker = Wire(await stack.enter_async_context(Proxy(LOOPBACK, host.node.amqp_port)))
    api_port = int(api.base_url.rpartition(":")[2])
    api_link = Wire(await stack.enter_async_context(Proxy(LOOPBACK, api_port)))
    at_broker = f":{host.node.amqp_port}/"
    settings = {
        "AMQP__URL": host.url.replace(at_broker, f":{broker.proxy.port}/"),
        "API__URL": f"http://{LOOPBACK}:{api_link.proxy.port}/api/v2",
        **plan.settings,
    }
    relay = Replica(number, folder, settings, [broker], api_link)
    stack.enter_context(relay.running())
    return relay
