"""Cases of what befalls the replicas: no more than the limit at any time, and soon all of it."""

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import product

from tests.flow.fleet.cases import LIMITS, Case, Figure, at_least, at_most
from tests.flow.fleet.fleet import Fleet
from tests.world.standin.limiter import Limited

BEGIN = 20.0
WINDOW_SECONDS = 5.0
BACK_SECONDS = 10.0
OVER = 1.05

Trouble = Callable[[Fleet], Awaitable[None]]
"""Lets something befall the replicas, and returns when it is over."""


async def added(fleet: Fleet, more: int) -> None:
    """More replicas begin."""
    fleet.add(more)


async def killed(fleet: Fleet) -> None:
    """One ends without a word."""
    fleet.kill(fleet.all[0])


async def stopped(fleet: Fleet, seconds: float) -> None:
    """One stands still, and goes on."""
    fleet.stop(fleet.all[0])
    await fleet.run(seconds)
    fleet.all[0].process.wake()


async def cut(fleet: Fleet, seconds: float, *links: str) -> None:
    """One cannot reach the broker, or only not the stream."""
    fleet.cut(fleet.all[0], *links)
    await fleet.run(seconds)
    fleet.heal(fleet.all[0])


async def closed(fleet: Fleet) -> None:
    """The broker closes all connections."""
    for replica in fleet.all:
        fleet.close(replica)


async def stalled(fleet: Fleet) -> None:
    """The stream's leader hangs."""
    fleet.stream.stall(6)
    await fleet.run(6)


async def trouble(
    rate: float, replicas: int, limit: type[Limited] | None, befalls: Trouble
) -> list[Figure]:
    """What is counted are calls, throttled ones too, in any 5 s, less one burst of a bucket's.

    Without a limit too much shows: with one the replicas' answer to the first 429 hides it.
    """
    exact = None if limit is None else limit(lambda _: rate)
    fleet = Fleet(replicas, exact, rate, whole=True, told=1.0)
    await fleet.run(BEGIN)
    await befalls(fleet)
    over = fleet.now
    await fleet.run(BACK_SECONDS + 30)
    burst = max(1.0, rate / 10)
    most = fleet.api.most_within(WINDOW_SECONDS) - burst
    back = over + BACK_SECONDS
    figures = [
        at_most("most in 5 s", most / (rate * WINDOW_SECONDS), OVER),
        at_least("again", fleet.api.served_per_second(back, back + 30) / rate, 0.95),
        at_most("foreign", sum(call.foreign for call in fleet.api.calls), 0),
    ]
    if over > BEGIN + 2 * BACK_SECONDS:
        meanwhile = fleet.api.served_per_second(BEGIN + BACK_SECONDS, over)
        figures.append(at_least("meanwhile", meanwhile / rate, 0.95))
    return figures


TROUBLES: dict[str, tuple[int, Trouble]] = {
    "one-to-two": (2, partial(added, more=1)),
    "four-to-one": (1, partial(added, more=4)),
    "killed": (3, killed),
    "stopped-60": (3, partial(stopped, seconds=60)),
    "stopped-8": (3, partial(stopped, seconds=8)),
    "cut-15": (3, lambda fleet: cut(fleet, 15)),
    "cut-60": (3, lambda fleet: cut(fleet, 60)),
    "cut-stream-60": (3, lambda fleet: cut(fleet, 60, "peers")),
    "closed": (3, closed),
    "stream-stalled": (3, stalled),
}


def trouble_cases() -> dict[str, Case]:
    """All of them."""
    return {
        f"{name}/{rate}/{kind}": partial(trouble, float(rate), replicas, limit, befalls)
        for (name, (replicas, befalls)), rate, (kind, limit) in product(
            TROUBLES.items(), (80, 6), [("free", None), *LIMITS.items()]
        )
    }
