"""That `python -m tests.trials.limits_cost` counts what passes, and how it is shown."""

from pathlib import Path

import pytest

from tests.trials.limits_cost.__main__ import table
from tests.trials.limits_cost.measure import Cost, measure
from tests.world.broker import RabbitNode


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="CPU time is read from /proc")
@pytest.mark.timeout(180)
async def test_every_message_is_delivered_to_every_replica(rabbit_node: RabbitNode) -> None:
    """How many there are, and what they cost, is no matter of a test."""
    cost = await measure(rabbit_node, 2, 3.0)
    assert cost.published_per_second > 0
    assert cost.delivered_per_second == pytest.approx(2 * cost.published_per_second, abs=2)


def test_a_row_for_each_number() -> None:
    """Parts of a core in per cent."""
    shown = table([Cost(30, 3.2, 10.0, 300.4, 0.081, 0.0033)])
    assert [next(iter(column.cells)) for column in shown.columns] == [
        *("30", "3.2 s", "10.0", "300", "8.1%", "0.33%")
    ]
