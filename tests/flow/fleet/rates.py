"""Cases of the rate: it is known, not known, set too high, and it changes."""

from functools import partial
from itertools import product

from tests.flow.fleet.cases import LIMITS, Case, Figure, at_least, at_most
from tests.flow.fleet.fleet import Fleet
from tests.world.standin.limiter import Limited

STALL_SECONDS = 0.2
STALL_EVERY_SECONDS = 20.0
LATE_SECONDS, LATE_EVERY_SECONDS = 0.03, 4.0


async def known(
    rate: float, replicas: int, limit: type[Limited], *, stalls: bool = False
) -> list[Figure]:
    """97 % of it are delivered and hardly anything is throttled, also where one stalls."""
    fleet = Fleet(replicas, limit(lambda _: rate), rate)
    while fleet.now < 120:
        await fleet.run(STALL_EVERY_SECONDS)
        if stalls:
            await fleet.stall(fleet.all[0], STALL_SECONDS)
    return [
        at_least("served", fleet.api.served_per_second(10, 120) / rate, 0.97),
        at_most("throttled", fleet.api.throttled(0, 120), 0.005),
    ]


async def late(rate: float, replicas: int, limit: type[Limited]) -> list[Figure]:
    """The same where the API stands still for a moment, and what came then counts as one burst."""
    fleet = Fleet(replicas, limit(lambda _: rate), rate)
    while fleet.now < 120:
        await fleet.run(LATE_EVERY_SECONDS * (0.5 + fleet.chance.random()))
        fleet.api.still_until = fleet.now + LATE_SECONDS
    return [
        at_least("served", fleet.api.served_per_second(10, 120) / rate, 0.97),
        at_most("throttled", fleet.api.throttled(0, 120), 0.005),
    ]


async def unknown(
    rate: float,
    replicas: int,
    limit: type[Limited],
    told: float | None,
    times_too_high: float | None = None,
) -> list[Figure]:
    """After a minute it is found, and kept to."""
    set_to = None if times_too_high is None else rate * times_too_high
    fleet = Fleet(replicas, limit(lambda _: rate), set_to, told)
    await fleet.run(180)
    served = fleet.api.served_per_second(60, 180) / rate
    return [
        at_least("served", served, 0.85 if told == 5 else 0.92),
        at_most("throttled", fleet.api.throttled(60, 180), 0.02),
    ]


async def changed(rate: float, replicas: int, limit: type[Limited], factor: float) -> list[Figure]:
    """Another limit is found within two minutes."""
    fleet = Fleet(replicas, limit(lambda now: rate if now < 120 else rate * factor), None, 1.0)
    await fleet.run(300)
    return [
        at_least("served", fleet.api.served_per_second(240, 300) / (rate * factor), 0.92),
        at_most("throttled", fleet.api.throttled(240, 300), 0.02),
    ]


def rate_cases() -> dict[str, Case]:
    """All of them."""
    cases: dict[str, Case] = {}
    for rate, replicas, (kind, limit) in product((80, 6), (1, 3, 8), LIMITS.items()):
        here = f"{rate}/{replicas}/{kind}"
        args = float(rate), replicas, limit
        cases[f"known/{here}"] = partial(known, *args)
        cases[f"known-stalls/{here}"] = partial(known, *args, stalls=True)
        cases[f"late/{here}"] = partial(late, *args)
        for told in (1.0, 5.0, None):
            word = "untold" if told is None else f"after-{told:g}"
            cases[f"unknown-{word}/{here}"] = partial(unknown, *args, told)
            cases[f"twice-{word}/{here}"] = partial(unknown, *args, told, 2.0)
            cases[f"5-percent-{word}/{here}"] = partial(unknown, *args, told, 1.05)
        cases[f"halved/{here}"] = partial(changed, *args, 0.5)
        cases[f"doubled/{here}"] = partial(changed, *args, 2.0)
    return cases
