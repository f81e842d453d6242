"""The trial in short, for real: what it shows of relays and scripts, and that it ends in order."""

from collections import Counter
from pathlib import Path

import pytest

from tests.trials.chaos.brokers import ChaosBroker
from tests.trials.limits.cases import Player, Steady, limits
from tests.trials.limits.run import play
from tests.trials.limits.stage import KEYS, Stage
from tests.world.broker import VirtualHost
from tests.world.interrupted import ends_in_order, needs_proc

RATE = 80.0
CASE = Steady(
    name="in-short",
    replicas=2,
    seconds=5.0,
    # Not the API must keep them to it.
    api=limits(10 * RATE),
    told=RATE,
    settle_seconds=2.0,
    delivered=0.0,
    throttled=1.0,
)
MORE_THAN_SENT = 1.25
"""What was sent evenly arrives closer together where the API's process was not let run for long."""


async def test_relays_that_know_the_limit_share_it(vhost: VirtualHost, tmp_path: Path) -> None:
    """Both call the API, and together they call it no oftener than it allows."""
    with ChaosBroker.prepare(vhost) as broker:
        async with Stage.opened(broker, tmp_path, print) as stage:
            seen = await play(CASE, stage, Player.RELAY)
            calls = await stage.calls()
    assert [one.what for one in seen] == ["delivered", "throttled", "API late by s"]
    assert seen[0].value > 0
    assert {call.by for call in calls} == set(KEYS[:2])
    times = [call.at for call in calls]
    assert len(calls) <= MORE_THAN_SENT * RATE * (max(times) - min(times)) + len(KEYS)


async def test_the_scripts_serve_orders(vhost: VirtualHost, tmp_path: Path) -> None:
    """Each in its way; the one with a fixed pace keeps to it."""
    with ChaosBroker.prepare(vhost) as broker:
        async with Stage.opened(broker, tmp_path, print) as stage:
            await stage.limit(limits(20.0))
            await stage.fill(2000)
            for player in (Player.NONE, Player.FIXED, Player.WAIT):
                await stage.start(1, 5.0, player)
            await stage.replies.until(lambda: len(stage.replies) > 100, "100 are answered")
            calls = await stage.calls()
    served = Counter(call.by for call in calls if call.served)
    assert set(served) == set(KEYS[:3])
    fixed = [call.at for call in calls if call.by == KEYS[1]]
    assert len(fixed) <= MORE_THAN_SENT * 5 * (max(fixed) - min(fixed)) + 2


@needs_proc
@pytest.mark.timeout(300)
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    """In the middle of it, the command ends with 130, and its processes and files are gone."""

    def answers() -> bool:
        logs = tmp_path.glob("*/*/relay-1.log")
        return any('"event": "answered"' in log.read_text(encoding="utf-8") for log in logs)

    ends_in_order(["tests.trials.limits", "--only", "known-80-bucket-1"], tmp_path, answers)
