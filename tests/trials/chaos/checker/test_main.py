"""What is kept of a run that went wrong is judged again, and says what happened."""

from pathlib import Path

import pytest

from tests.trials.chaos.checker.__main__ import main
from tests.trials.chaos.checker.build import GOOD, ID, OTHERS, ending, history, sent, told
from tests.trials.chaos.checker.story import STORIES_OF_A_KIND, keep
from tests.trials.chaos.checker.verdict import check
from tests.trials.chaos.history import History


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


def test_history_verdict_and_stories(tmp_path: Path) -> None:
    """The history reads back the same, and each finding has its sentence and its story."""
    wrong = history(*OTHERS, *GOOD, told("rejected", 3), sent(of="../x y"), end=ending(None))
    verdict = check(wrong)
    whole, sentences, *stories = keep(wrong, verdict, tmp_path / "runs" / "1")
    assert check(History.load(whole)) == verdict
    text = sentences.read_text(encoding="utf-8")
    assert text.startswith("built, seed 1: WRONG\n")
    assert "\nLOST '../x y': confirmed at +0.010 s, then gone" in text
    assert "\nNOT QUIET: never quiet" in text
    assert [each.name for each in stories] == ["lost-01-_x_y.txt", "contradictory-01-o-1.txt"]
    page = stories[1].read_text(encoding="utf-8")
    assert page.startswith("CONTRADICTORY 'o-1': told rejected refused at +3.000 s, and 1 orders")
    assert "+3.000  reply in replies: rejected refused, attempts 1" in page
    assert {each.parent for each in stories} == {whole.parent}


def test_a_disaster_keeps_a_few_stories_of_each_kind(tmp_path: Path) -> None:
    """All findings are in the verdict; the stories are the first ones."""
    wrong = history(*(sent(of=f"o-{n}") for n in range(50)))
    _, sentences, *stories = keep(wrong, check(wrong), tmp_path)
    assert sentences.read_text(encoding="utf-8").count("LOST") == 50
    assert len(stories) == STORIES_OF_A_KIND


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    """A producer's longest and strangest id makes a file all the same."""
    wrong = history(sent(of="é/\x00" * 40))
    (story,) = keep(wrong, check(wrong), tmp_path)[2:]
    assert story.name == "lost-01-_.txt"
