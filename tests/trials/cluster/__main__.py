"""`make cluster`: a relay on three nodes, each stopped, killed and made the leader."""

import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from tests.trials.cluster.results import table
from tests.trials.cluster.run import run
from tests.world.broker.cluster import RabbitCluster
from tests.world.broker.errors import BrokerError

INTERRUPTED = 128 + 2


def main() -> int:
    """The exit code: 1 when an order was lost or placed twice, or there is no cluster."""
    # Else Python prints the traceback of every connection that is lost here on purpose.
    logging.getLogger("aiormq").addHandler(logging.NullHandler())
    with tempfile.TemporaryDirectory(prefix="cluster-") as directory:
        try:
            with RabbitCluster.start(Path(directory), say=_say) as cluster:
                results = asyncio.run(run(cluster, Path(directory), _say))
        except (BrokerError, TimeoutError) as error:
            _say(str(error))
            return 1
        except KeyboardInterrupt:
            return INTERRUPTED
    _say(table(results))
    return 0 if all(result.good for result in results) else 1


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
