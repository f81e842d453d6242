"""The relays and the API of a run, between faults that strike at the same time."""

import asyncio
from pathlib import Path

import pytest

from tests.trials.chaos.processes import ChaosApi, Replica
from tests.trials.chaos.wire import Wire
from tests.world.faults import Proxy


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


async def test_a_relay_that_was_killed_is_dead_at_once(tmp_path: Path) -> None:
    """The kernel may need a while; who asked in between would leave nobody in its place."""
    async with Proxy("127.0.0.1", 1) as proxy:
        wire = Wire(proxy)
        settings = {"AMQP__URL": "amqp://127.0.0.1:1/", "API__URL": "http://127.0.0.1:1/"}
        replica = Replica(0, tmp_path, settings, [wire], wire)
        with replica.running():
            assert replica.alive()
            assert replica.kill()
            assert not replica.alive()
            assert not replica.kill()
            await replica.replace()
            assert replica.alive()
        assert replica.problems == []
        assert [log.name for log in replica.logs] == ["relay-0-001.log", "relay-0-002.log"]
