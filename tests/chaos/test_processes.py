"""The API of a run, whose faults come and go at the same time."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.processes import ChaosApi


@pytest.mark.timeout(180)
async def test_faults_that_come_and_go_at_once_leave_nothing(tmp_path: Path) -> None:
    """A fault that was taken back must not come again with another's change."""
    with ChaosApi(tmp_path) as api:
        await api.ready()
        rules = [{"fault": "hang_after", "match": {"every": number}} for number in range(1, 5)]
        await api.add_rule(rules[0])
        await asyncio.gather(api.remove_rule(rules[0]), *(api.add_rule(rule) for rule in rules[1:]))
        there = [rule["match"] for rule in await api.ask("GET", "/faults")]
        assert there == [{"every": 2}, {"every": 3}, {"every": 4}]
        await asyncio.gather(*(api.remove_rule(rule) for rule in rules[1:]))
        assert await api.ask("GET", "/faults") == []
