"""`make cluster`: a relay on three nodes, each stopped, killed and made the leader."""

import asyncio
import sys

from rich.console import Console

from tests.trials.cluster.results import table
from tests.trials.cluster.run import run
from tests.world.broker.cluster import RabbitCluster
from tests.world.commands import carried_out, temporary, told


def main() -> int:
    """The exit code: 1 when an order was lost or placed twice, or there is no cluster."""
    with temporary("cluster") as directory, RabbitCluster.start(directory, say=told) as cluster:
        results = asyncio.run(run(cluster, directory, told))
    Console().print(table(results))
    return 0 if all(result.good for result in results) else 1


if __name__ == "__main__":
    sys.exit(carried_out(main))
