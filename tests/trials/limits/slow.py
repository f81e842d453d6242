"""An API of a few workers that becomes slow and quick again: how long calls wait for a worker."""

import time

from tests.trials.limits.cases import Slow
from tests.trials.limits.measuring import back_after, delivered, times_its_own
from tests.trials.limits.results import Seen, share
from tests.trials.limits.stage import Stage
from tests.world.standin.limiter import Limits

SETTLE_SECONDS = 20.0
QUICK_SECONDS = 20.0
FULL = 0.95


async def slow(case: Slow, stage: Stage) -> list[Seen]:
    """How many times the API's own time a call took, and how soon the full rate is back."""
    quick = Limits(workers=case.workers, latency_seconds=case.quick_seconds)
    await stage.limit(quick)
    fastest = case.workers / case.quick_seconds
    await stage.fill(fastest * (2 * SETTLE_SECONDS + 3 * QUICK_SECONDS))
    await stage.start(case.replicas)
    await stage.wait(SETTLE_SECONDS)
    began = time.monotonic()
    await stage.wait(QUICK_SECONDS)
    slowed = time.monotonic()
    stage.tell(f"slow for {case.seconds:g} s")
    await stage.limit(quick.model_copy(update={"latency_seconds": case.slow_seconds}))
    await stage.wait(case.seconds)
    await stage.limit(quick)
    mended = time.monotonic()
    stage.tell("quick again")
    await stage.wait(case.within_seconds + QUICK_SECONDS)
    over = time.monotonic()
    stage.some_are_left()
    calls = await stage.calls()
    usual = delivered(calls, 1.0, began, slowed)
    waits = times_its_own(calls, case.quick_seconds, began, slowed)
    settled, since = slowed + case.within_seconds, mended + case.within_seconds
    slow_waits = times_its_own(calls, case.slow_seconds, settled, mended)
    return [
        share("of what all workers can", usual / fastest),
        Seen("p99, quick", waits, most=case.times_its_own),
        Seen("p99, slow", slow_waits, most=case.times_its_own),
        share("delivered after 10 s", delivered(calls, usual, since, over), least=FULL),
        Seen("back after s", back_after(calls, usual, mended, over)),
    ]
