"""Orders that never run out and an API that keeps to its limits: how much of them is used."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.trials.limits.cases import LATENCY_SECONDS, Flaky, Player, R, Steady, limits
from tests.trials.limits.measuring import between, delivered, late_by, throttled
from tests.trials.limits.results import Seen, share
from tests.trials.limits.stage import Stage

SPARE_ORDERS = 1000
NAIVE_SETTLE_SECONDS, NAIVE_SECONDS = 5.0, 20.0
"""The scripts learn nothing: they are what they are from the start."""
BEFORE_SECONDS = 60.0
STALL_SECONDS, STALL_EVERY_SECONDS = 0.2, 20.0


async def steady(case: Steady, stage: Stage, player: Player) -> list[Seen]:
    """What is delivered of the limit, and what share of the calls is throttled."""
    relay = player is Player.RELAY
    settle = case.settle_seconds if relay else NAIVE_SETTLE_SECONDS
    measured = case.seconds if relay else min(case.seconds, NAIVE_SECONDS)
    rate = case.api.rate_per_second or R
    await stage.limit(case.before or case.api)
    before = (case.before.rate_per_second or R) * BEFORE_SECONDS if case.before else 0
    await stage.fill(before + 1.1 * rate * (settle + measured) + SPARE_ORDERS)
    await stage.start(case.replicas, case.told, player)
    async with _stalled(stage) if case.stalls else _left_alone():
        if case.before:
            stage.tell(f"{BEFORE_SECONDS:g} s before the limit changes")
            await stage.wait(BEFORE_SECONDS)
            await stage.limit(case.api)
        stage.tell(f"{settle:g} s to settle")
        await stage.wait(settle)
        since = time.monotonic()
        stage.tell(f"{measured:g} s are measured")
        await stage.wait(measured)
        until = time.monotonic()
    stage.some_are_left()
    calls = await stage.calls()
    whole, refused = delivered(calls, rate, since, until), throttled(calls, since, until)
    if not relay:
        return [share("delivered", whole), share("throttled", refused)]
    return [
        share("delivered", whole, least=case.delivered),
        share("throttled", refused, most=case.throttled),
        Seen("API late by s", late_by(between(calls, since, until - 1), LATENCY_SECONDS)),
    ]


async def flaky(case: Flaky, stage: Stage, player: Player) -> list[Seen]:
    """What is served of what would be, if calls came at the full rate."""
    settle = NAIVE_SETTLE_SECONDS * 2
    await stage.limit(limits())
    await stage.fill(R * (settle + case.seconds) + SPARE_ORDERS)
    await stage.fail({"fault": "status", "status": 500, "match": {"share": case.share}})
    await stage.start(case.replicas, R, player)
    await stage.wait(settle)
    since = time.monotonic()
    stage.tell(f"{case.seconds:g} s are measured")
    await stage.wait(case.seconds)
    until = time.monotonic()
    stage.some_are_left()
    part = delivered(await stage.calls(), R * (1 - case.share), since, until)
    least = case.delivered if player is Player.RELAY else None
    return [share("served of what could be", part, least=least)]


@asynccontextmanager
async def _left_alone() -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def _stalled(stage: Stage) -> AsyncIterator[None]:
    """Each player's event loop stands still for a moment now and then, one after the other."""

    async def stall() -> None:
        while True:
            for process in stage.players:
                await asyncio.sleep(STALL_EVERY_SECONDS / len(stage.players) - STALL_SECONDS)
                process.send_signal(signal.SIGSTOP)
                await asyncio.sleep(STALL_SECONDS)
                process.send_signal(signal.SIGCONT)

    stalling = asyncio.create_task(stall())
    try:
        yield
    finally:
        stalling.cancel()
