"""The short form of `python -m tests.trials.leaks`."""

from pathlib import Path

import pytest

from tests.trials.leaks.flat import trends
from tests.trials.leaks.run import Plan, run
from tests.world.broker import VirtualHost

PLAN = Plan(reconnects=20, outages=20, kills=0, looks=10)


@pytest.mark.timeout(600)
async def test_a_relay_that_loses_its_broker_again_and_again_holds_no_more(
    vhost: VirtualHost, tmp_path: Path
) -> None:
    """Cut and refused, twenty times each, with orders under way; all of them are placed once."""
    samples = await run(vhost, tmp_path, PLAN, lambda _line: None)
    for name in ("reconnects", "outages"):
        assert len(samples[name]) == PLAN.looks
        assert [trend for trend in trends(samples[name]) if not trend.flat] == []
