"""The worked example of `docs/capacity.md` is what its formulas say."""

from pathlib import Path

from tests.trials.capacity.formulas import catching_up_seconds, replicas_for, throughput

PAGE = (Path(__file__).parents[3] / "docs" / "capacity.md").read_text(encoding="utf-8")


def test_the_example_is_by_the_formulas() -> None:
    """A peak of 40, a budget of 80, 0.4 s, 150 a process: two replicas, 80 a second, one hour."""
    assert "λ = 40" in PAGE
    assert "B = 80" in PAGE
    assert replicas_for(40, 0.4, 64, 150) == 2
    assert throughput(80, 2, 64, 0.4, 150) == 80
    assert throughput(None, 2, 64, 0.4) == 320
    assert catching_up_seconds(40, 3600, 80) == 3600
