"""A kept history is judged again from the command line."""

from pathlib import Path

import pytest

from tests.trials.chaos.checker.__main__ import main
from tests.trials.chaos.checker.build import GOOD, ID, OTHERS, history, sent


def test_a_right_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, and the numbers."""
    file = tmp_path / "history.json"
    history(*OTHERS, *GOOD).save(file)
    assert main([str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "built, seed 1: right",
        "  3 orders published, 3 of them confirmed",
        "  2 accepted, 1 rejected; 3 replies, 3 calls, 0 parked",
    ]


def test_a_wrong_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, each finding, and the stories that were asked for."""
    file = tmp_path / "history.json"
    history(*OTHERS, sent()).save(file)
    assert main([str(file), ID, "a"]) == 1
    shown = capsys.readouterr().out
    assert "built, seed 1: WRONG\n" in shown
    assert "\nLOST 'o-1': confirmed at +0.010 s, then gone" in shown
    assert "\n\norder 'o-1' (built, seed 1)\n" in shown
    assert "\n\norder 'a' (built, seed 1)\n" in shown


@pytest.mark.parametrize("content", [None, "{}", "no JSON"])
def test_no_history(
    content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and why, for a file that is missing or holds something else."""
    file = tmp_path / "history.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SystemExit) as ended:
        main([str(file)])
    assert ended.value.code == 2
    assert "is no history" in capsys.readouterr().err
