"""What one order costs the whole relay, in figures that do not depend on the machine's mood."""

import signal
from itertools import count, islice, pairwise

from tests.app.counted import CODE, IDLE, TASK
from tests.world.fixtures import Running, RunRelay

ROUNDS, ORDERS = 8, 25

MOST = {"calls": 807.0, "tasks": 1.1, "sends": 3.25, "bytes": 740.0}
"""Between 5 and 10 % above what it was on Python 3.11; later versions call less.

`calls` are of Python's functions, without the turns of the event loop; `sends` and `bytes` those
to the broker and the API. Whoever makes an order cheaper lowers them.
"""

MOST_IDLE = {"calls": 2518.0, "tasks": 8.0, "sends": 7.0, "bytes": 1100.0}
"""Likewise, between two of the lines that an idle relay writes, two seconds apart."""


async def test_an_order_costs_no_more_than_it_did(run_relay: RunRelay) -> None:
    """Who adds a tenth of the calls, tasks, writes or bytes is told so; the best round counts."""
    async with run_relay(code=CODE) as running:
        names = (f"o-{number}" for number in count())
        told = []
        for number in range(ROUNDS + 1):
            for message_id in islice(names, ORDERS):
                await running.producer.send(message_id)
                await running.producer.reply(message_id)
            told.append(await counted(running, number + 1))
        # The first round opens connections.
        rounds = list(pairwise(told))
    costs = [spent(before, after) for before, after in rounds]
    cost = {name: min(each[name] for each in costs) for name in MOST}
    assert [name for name in MOST if cost[name] > MOST[name]] == [], cost


def spent(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """What one order of a round cost."""
    cost = {name: (after[name] - before[name]) / ORDERS for name in ("calls", "sends", "bytes")}
    kinds = [after[kind] - before.get(kind, 0) for kind in after if kind.startswith(TASK)]
    # All other kinds go by the clock, so a busy machine has more of them for each order.
    cost["tasks"] = sum(number for number in kinds if number >= ORDERS) / ORDERS
    return cost


async def test_an_idle_relay_does_no_more_than_it_did(run_relay: RunRelay) -> None:
    """Who has it wake up more often, or do more then, is told so; the best of some lines counts."""
    async with run_relay(code=IDLE) as running:
        told = [await running.relay.event("counted", number=number) for number in range(2, 7)]
    cost = {
        name: min(after[name] - before[name] for before, after in pairwise(told))
        for name in MOST_IDLE
    }
    assert [name for name in MOST_IDLE if cost[name] > MOST_IDLE[name]] == [], cost


async def counted(running: Running, number: int) -> dict[str, float]:
    """The relay's figures so far."""
    running.relay.process.send_signal(signal.SIGUSR1)
    return await running.relay.event("counted", number=number)
