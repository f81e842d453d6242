"""The arithmetic of the bench, and that it runs."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.trials.bench.__main__ import table
from tests.trials.bench.figures import figure, percentile, ratio
from tests.trials.bench.run import QUICK, bench
from tests.world.broker import RabbitNode


def test_a_figure_has_a_median_and_a_spread() -> None:
    """They are those of its rounds."""
    found = figure("f", "ms", [3.0, 1.0, 10.0])
    assert (found.median, found.least, found.most) == (3.0, 1.0, 10.0)
    assert found.as_json()["values"] == [3.0, 1.0, 10.0]


def test_a_ratio_is_taken_round_by_round() -> None:
    """A slow round of both sides weighs no more than a fast one."""
    assert ratio("r", [2.0, 30.0], [1.0, 20.0]).values == (2.0, 1.5)


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 50.0), (0.99, 99.0), (0.991, 100.0), (1.0, 100.0), (0.0, 1.0)]
)
def test_a_percentile_is_one_of_the_values(share: float, value: float) -> None:
    """Of 1 to 100, each share has its own."""
    assert percentile([float(number) for number in range(100, 0, -1)], share) == value


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="CPU time is read from /proc")
@pytest.mark.timeout(180)
async def test_the_quick_form_measures_everything(rabbit_node: RabbitNode, tmp_path: Path) -> None:
    """Every figure is there and positive; how large it is, is no matter of a test."""
    said: list[str] = []
    figures = await bench(rabbit_node, tmp_path, QUICK, said.append)
    assert len(figures) == 30
    assert len({each.name for each in figures}) == 30
    assert all(each.least > 0 for each in figures)
    assert len(said) == 5
    text = io.StringIO()
    Console(file=text, width=120).print(table(figures))
    assert "throughput, relay / first script" in text.getvalue()
