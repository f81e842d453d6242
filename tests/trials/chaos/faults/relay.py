"""What is done to the process of a relay. Each returns what it did, or None where it could not."""

import asyncio

from tests.trials.chaos.plan import Planned
from tests.trials.chaos.processes import Replica
from tests.trials.chaos.world import World


async def kill(world: World, planned: Planned) -> str | None:
    """SIGKILL, and a new process after a while."""
    replica = world.replicas[planned.replica]
    async with replica.lock:
        await _at_work(replica, planned)
        struck = replica.kill()
        await asyncio.sleep(planned.lasts_seconds)
        await _revive(replica)
    return f"relay {replica.number}" if struck else None


async def freeze(world: World, planned: Planned) -> str | None:
    """SIGSTOP, and SIGCONT after a while."""
    replica = world.replicas[planned.replica]
    async with replica.lock:
        if not replica.alive():
            await _revive(replica)
            return None
        replica.freeze()
        await asyncio.sleep(planned.lasts_seconds)
        replica.thaw()
    return f"relay {replica.number}"


async def stop(world: World, planned: Planned) -> str | None:
    """SIGTERM with orders in flight, and a new process after a while."""
    replica = world.replicas[planned.replica]
    async with replica.lock:
        await _at_work(replica, planned)
        code = await replica.stop()
        await asyncio.sleep(planned.lasts_seconds)
        await replica.replace()
    return None if code is None else f"relay {replica.number} ended with {code}"


async def roll(world: World, planned: Planned) -> str | None:
    """Each relay in turn is stopped and replaced, the next when the new one consumes."""
    codes = []
    for replica in world.replicas:
        async with replica.lock:
            codes.append(await replica.stop())
            await replica.replace()
            await replica.consuming()
    return f"ended with {', '.join(map(str, codes))}"


async def _at_work(replica: Replica, planned: Planned) -> None:
    """Waits until the relay works, but for one time in eight: then it may be struck as it starts.

    Without the wait a slow machine would see relays that die before they have done anything.
    """
    if planned.draw >= 1 / 8:
        await replica.consuming()


async def _revive(replica: Replica) -> None:
    if not replica.alive():
        await replica.replace()
