"""The table, and what is missed in it; the cases, and how they are chosen."""

import re
from math import inf
from pathlib import Path

import pytest

from tests.trials.limits.__main__ import main
from tests.trials.limits.cases import Player
from tests.trials.limits.results import Result, Seen, markdown, share
from tests.trials.limits.run import players_of, shortened
from tests.trials.limits.stage import MOST_PLAYERS
from tests.trials.limits.table import CASES, named


@pytest.mark.parametrize(
    ("seen", "good", "told", "bounds"),
    [
        (share("delivered", 0.97, least=0.97), True, "delivered 97.0 %", ">= 97.0 %"),
        (share("delivered", 0.9699, least=0.97), False, "delivered 97.0 %", ">= 97.0 %"),
        (share("throttled", 0.0051, most=0.005), False, "throttled 0.5 %", "<= 0.5 %"),
        (Seen("calls", 101, most=100), False, "calls 101", "<= 100"),
        (Seen("accepted", 11_200, least=11_201), False, "accepted 11,200", ">= 11,201"),
        (Seen("back after s", inf, most=5), False, "back after s inf", "<= 5"),
        (Seen("seconds", 4.2), True, "seconds 4.2", "-"),
        (Seen("x", 2, least=1, most=3), True, "x 2", ">= 1 and <= 3"),
        (Seen("x", 0, least=1, most=3), False, "x 0", ">= 1 and <= 3"),
    ],
)
def test_a_figure_and_its_bounds(seen: Seen, *, good: bool, told: str, bounds: str) -> None:
    """The bounds themselves are good."""
    assert (seen.good, seen.told(), seen.bounds()) == (good, told, bounds)


def test_the_table() -> None:
    """What is missed is named, and so is what could not be played."""
    good = Result("known", "relay", (share("delivered", 0.98, least=0.97), Seen("late", 0.1)))
    missed = Result("known", "relay", (share("delivered", 0.9, least=0.97),))
    failed = Result("kill", "relay", problem="the relay ended with 1")
    assert [one.good for one in (good, missed, failed)] == [True, False, False]
    assert markdown([good, missed, failed]).splitlines()[2:] == [
        "| known | relay | delivered 98.0 %, late 0.1 | >= 97.0 %, - |  |",
        "| known | relay | delivered 90.0 % | >= 97.0 % | MISSED |",
        "| kill | relay | the relay ended with 1 |  | MISSED |",
    ]


def test_each_case_has_a_name_of_its_own() -> None:
    """Which is also a folder's, and enough keys for its processes; a relay plays each."""
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in names)
    assert all(case.replicas + getattr(case, "more", 0) <= MOST_PLAYERS for case in CASES)
    assert all(Player.RELAY in players_of(case) for case in CASES)


def test_cases_are_chosen_and_shortened() -> None:
    """By how their names begin."""
    assert [case.name for case in named("stop")] == ["stop-60", "stop-8"]
    assert len(named("")) == len(CASES)
    assert shortened(CASES[0], 3).seconds == 3
    assert shortened(CASES[0], None) is CASES[0]


def test_the_cases_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each."""
    assert main(["--list"]) == 0
    assert capsys.readouterr().out.split() == [case.name for case in CASES]


@pytest.mark.parametrize("line", ["--only nothing", "--jobs 0", "--keep {}"])
def test_a_mistake_on_the_command_line(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It exits with 2 and names the option."""
    words = line.format(tmp_path).split()
    with pytest.raises(SystemExit) as exit_:
        main(words)
    assert exit_.value.code == 2
    assert words[0] in capsys.readouterr().err
