"""Everything that is observed, and who observes it: a broker, sites of relays, a Prometheus."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.trials.observe.scraping import Scraping, Targets, configuration
from tests.trials.observe.site import Site, SitePlan, opened
from tests.world.broker import RabbitNode
from tests.world.prometheus import Prometheus, running

PLAIN = SitePlan()


@dataclass(frozen=True)
class Stage:
    """A broker and a Prometheus that run; sites are opened as they are needed."""

    node: RabbitNode
    prometheus: Prometheus
    directory: Path
    targets: Targets
    scraping: Scraping

    def site(self, name: str, plan: SitePlan = PLAIN) -> AbstractAsyncContextManager[Site]:
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
