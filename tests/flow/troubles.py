"""What befalls replicas that share a log, in seeded schedules."""

from collections.abc import Callable
from functools import partial

from service.flow.sending.peers import Peers
from service.flow.sending.periods import period_seconds
from tests.flow.shared_log import RTT_SECONDS, Make, Replica, SharedLog

WEIGHTS = (1.0, 1.0, 0.1, 0.0)


def half(peers: int) -> float:
    """A period that is shorter than that of the others."""
    return 0.5 if peers < 4 else 1.0


def steep(peers: int) -> float:
    """A period that a single newcomer makes six times longer."""
    return 0.5 if peers < 3 else 3.0


PERIODS = (period_seconds, period_seconds, half, steep)


def trouble(world: SharedLog, period: Callable[[], Callable[[int], float]]) -> None:
    """One thing that befalls one of the replicas, or one more of them."""
    chance = world.random
    if not world.replicas or (len(world.replicas) < 6 and chance.random() < 0.15):
        world.start(period())
        return
    one = chance.choice(world.replicas)
    until = world.now + chance.choice((0.3, 2.0, 4.0, 5.0, 8.0, 20.0)) * chance.uniform(0.5, 1.5)
    match chance.randrange(11):
        case 0:
            one.paused_until = until
        case 1:
            one.deaf_until = until
        case 2:
            one.mute_until = until
        case 3:
            one.lag = chance.choice((0.0, RTT_SECONDS, 0.5, 2.0, 3.9))
        case 4:
            world.kill(one)
        case 5 if one.paused_until <= world.now:
            world.leave(one)
        case 6:
            world.reconnect(one)
        case 7 if one.paused_until <= world.now:
            world.blind(one, until)
        case _:
            _orders_come_and_go(world, one)


def _orders_come_and_go(world: SharedLog, one: Replica) -> None:
    """Faster than all can hear of it."""
    chance = world.random
    for _ in range(chance.randrange(1, 7)):
        weigh = partial(world.weigh, one, chance.choice(WEIGHTS))
        world.at(world.now + chance.choice((0.1, 1.0, 4.0)) * chance.random(), weigh)


def schedule(seed: int, make: Make = Peers, seconds: float = 60.0) -> SharedLog:
    """A world in which something befalls somebody every second or two, until `seconds`."""
    world = SharedLog(seed, make)
    chance = world.random
    for _ in range(chance.randrange(1, 5)):
        world.start(chance.choice(PERIODS))
    when = 0.0
    while (when := when + chance.expovariate(0.7)) < seconds:
        world.at(when, lambda: trouble(world, lambda: chance.choice(PERIODS)))
    # The last orders have come and gone.
    world.run(seconds + 5)
    return world


def calm(world: SharedLog) -> None:
    """End all that is wrong; what is still on its way is lost."""
    world.calm_since = world.now
    for one in world.replicas:
        one.paused_until = one.deaf_until = one.mute_until = 0.0
        one.lag = RTT_SECONDS
        world.weigh(one, 1.0)
