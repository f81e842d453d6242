"""`make leaks`: a relay loses its broker a thousand times, and holds as much as before.

Shown at the end: tasks, descriptors and memory, the first and the last third of what was seen after
the warm-up, and the growth in a hundred times. The exit code is 1 when one of them grows.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from tests.trials.leaks.flat import ENOUGH, table, trends
from tests.trials.leaks.run import Plan, run
from tests.world.broker import BrokerError, RabbitNode, VirtualHost
from tests.world.load import ProcessFailedError

INTERRUPTED = 128 + 2


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 1 when something grows, or the relay stops serving."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.leaks", description=__doc__)
    parser.add_argument("--reconnects", type=int, default=500, help="how often both are cut")
    parser.add_argument("--outages", type=int, default=500, help="how often nobody listens")
    parser.add_argument("--kills", type=int, default=5, help="how often the node is killed")
    chosen = parser.parse_args(arguments)
    for name, times in vars(chosen).items():
        if 0 < times < ENOUGH or times < 0:
            parser.error(f"--{name} {times}: 0, or at least {ENOUGH} to see how something grows")
    if not any(vars(chosen).values()):
        parser.error("nothing to do")
    # Else Python prints the traceback of every connection that is lost here on purpose.
    logging.getLogger("aiormq").addHandler(logging.NullHandler())
    plan = Plan(chosen.reconnects, chosen.outages, chosen.kills)
    try:
        with tempfile.TemporaryDirectory(prefix="leaks-") as directory:
            return _run(Path(directory), plan)
    except (BrokerError, ProcessFailedError, TimeoutError) as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(directory: Path, plan: Plan) -> int:
    with RabbitNode.start(directory, say=_say) as node, VirtualHost.fresh(node) as host:
        samples = asyncio.run(run(host, directory, plan, _say))
    verdicts = []
    for name, some in samples.items():
        if some:
            verdicts += (found := trends(some))
            _say(table(f"{name}: {some[-1].after}", found))
    return 0 if all(one.flat for one in verdicts) else 1


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
