"""`python -m tests.trials.parked_kills`: replay, resolve and drop, killed at random points."""

import argparse
import asyncio
import math
import os
import sys
from collections.abc import Sequence

from service.app.loading import load_shown
from service.commands.parked.place import PARKED, Place
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import ORDERS
from tests.trials.parked_kills.trial import trial
from tests.world.broker.vhost import VirtualHost
from tests.world.commands import at_least, broker_node, carried_out, say


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 where one was lost, doubled or answered falsely, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.trials.parked_kills", description=__doc__
    )
    parser.add_argument("--points", type=at_least(1), default=1000, help="1000 by default")
    parser.add_argument("--minutes", type=at_least(1), help="end with what fits in; all by default")
    parser.add_argument("--seed", type=int, default=1, help="1 by default")
    parser.add_argument("--url", help="a virtual host with nothing in it; else a node of its own")
    chosen = parser.parse_args(command_line)
    return carried_out(lambda: _run(chosen))


def _run(chosen: argparse.Namespace) -> int:
    if chosen.url is not None:
        return _trial(chosen.url, chosen)
    with broker_node("parked-kills") as (node, _), VirtualHost.fresh(node) as vhost:
        return _trial(vhost.url, chosen)


def _trial(url: str, chosen: argparse.Namespace) -> int:
    asyncio.run(declared(url, ORDERS))
    os.environ |= {"ORDER_RELAY_AMQP__URL": url, "ORDER_RELAY_RETRY__DELAYS_SECONDS": "1,5"}
    within = math.inf if chosen.minutes is None else 60.0 * chosen.minutes
    place = Place.of(load_shown()[0], PARKED)
    found = trial(place, url, chosen.points, chosen.seed, within)
    say(
        f"{found.points} points, {found.parked} messages, {found.killed} kills, "
        f"{found.left_by_kills} of them with messages left, {found.repeated} published twice, "
        f"{len(found.wrong)} wrong"
    )
    for line in found.wrong[:50]:
        say(f"WRONG: {line}")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
