"""`python -m tests.trials.parked_list`: 10,000 parked messages, listed 100 times."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from statistics import median

from service.app.loading import load_shown
from service.commands.parked.place import PARKED, Place
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import ORDERS
from tests.trials.parked_list.floor import floor_seconds
from tests.trials.parked_list.looking import Looked, looked_at, park
from tests.world.broker.vhost import VirtualHost
from tests.world.commands import at_least, broker_node, carried_out, say


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 where a look was out of order, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.parked_list", description=__doc__)
    parser.add_argument("--messages", type=at_least(1), default=10_000, help="10,000 by default")
    parser.add_argument("--looks", type=at_least(1), default=100, help="100 by default")
    parser.add_argument("--url", help="a virtual host with nothing in it; else a node of its own")
    chosen = parser.parse_args(command_line)
    return carried_out(lambda: _run(chosen.url, chosen.messages, chosen.looks))


def _run(url: str | None, messages: int, looks: int) -> int:
    if url is not None:
        return _measure(url, messages, looks)
    with broker_node("parked-list") as (node, _), VirtualHost.fresh(node) as vhost:
        return _measure(vhost.url, messages, looks)


def _measure(url: str, messages: int, looks: int) -> int:
    asyncio.run(declared(url, ORDERS))
    asyncio.run(park(url, messages))
    os.environ |= {"ORDER_RELAY_AMQP__URL": url, "ORDER_RELAY_RETRY__DELAYS_SECONDS": "1,5"}
    place = Place.of(load_shown()[0], PARKED)
    floors, looked = [], []
    for _ in range(looks):
        # In turn: another load on the machine bears on both.
        floors.append(floor_seconds(url, place.queue, messages))
        looked.append(looked_at(place, messages))
    disordered = sum(not one.in_order for one in looked)
    say(
        f"{messages} messages, {looks} looks: {median(one.seconds for one in looked):.2f} s a look "
        f"(median), {median(one.cpu_seconds for one in looked):.2f} s of it on the processor here, "
        f"{disordered} looks out of order"
    )
    floor, ratio = median(floors), median(map(_ratio, looked, floors))
    say(
        f"a reader that only counts takes {floor:.2f} s (median): the broker's own time, "
        f"{ratio:.2f} times which a look takes"
    )
    return 1 if disordered else 0


def _ratio(looked: Looked, floor: float) -> float:
    return looked.seconds / floor


if __name__ == "__main__":
    sys.exit(main())
