"""What is observed: a broker, a Prometheus, and namespaces of relays with an API of their own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiormq.abc import AbstractChannel

from tests.trials.chaos.processes import ChaosApi, Replica, linked
from tests.trials.chaos.wire import Wire
from tests.trials.observe.load import Load
from tests.trials.observe.scraping import Scraping, Targets, configuration
from tests.world.broker import RabbitNode, VirtualHost
from tests.world.load import Replies
from tests.world.prometheus import Prometheus, running


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
        at_broker = f":{node.amqp_port}/"

        def settings(links: Sequence[Wire], api_url: str) -> dict[str, str]:
            amqp_url = host.url.replace(at_broker, f":{links[0].proxy.port}/")
            return {"AMQP__URL": amqp_url, "API__URL": api_url, **plan.settings}

        relays = [
            await linked(stack, number, folder, [node.amqp_port], api, settings)
            for number in range(plan.relays)
        ]
        for relay in relays:
            await relay.process.consuming(poll_seconds=0.1)
        replies = await stack.enter_async_context(SharedReplies.collect(host.url))
        load = await stack.enter_async_context(Load(host, name, plan.orders_per_second).flowing())
        site = Site(name, host, api, relays, replies, load, targets)
        stack.callback(targets.remove, name)
        for relay in relays:
            site.scraped(relay)
        yield site


@dataclass(frozen=True)
class Stage:
    """A broker and a Prometheus that run; sites are opened as they are needed."""

    node: RabbitNode
    prometheus: Prometheus
    directory: Path
    targets: Targets
    scraping: Scraping

    def site(self, name: str, plan: SitePlan) -> AbstractAsyncContextManager[Site]:
        """A namespace of this name, for the length of the block: see `Site`."""
        return opened(name, self.node, self.directory, self.targets, plan)


@asynccontextmanager
async def staged(
    directory: Path, scraping: Scraping, *, node: RabbitNode | None = None, data: Path | None = None
) -> AsyncIterator[Stage]:
    """The stage; its files are in `directory`, Prometheus's in `data` where they are to be kept.

    A node that is given is used, and lives on; else one is started and ended.
    """
    async with AsyncExitStack() as stack:
        if node is None:
            node = stack.enter_context(RabbitNode.start(directory))
        targets = Targets.none_yet(directory / "targets.json")
        settings = configuration(scraping, targets.file, node.prometheus_url)
        prometheus = stack.enter_context(running(data, settings))
        yield Stage(node, prometheus, directory, targets, scraping)
