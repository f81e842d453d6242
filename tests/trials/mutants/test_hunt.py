"""The runner, on a made-up tree, and on a few of the relay's own guards."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.trials.mutants import tiny
from tests.trials.mutants.__main__ import ROOT, main
from tests.trials.mutants.guard import Guard
from tests.trials.mutants.hunt import Fate, Found, hunt
from tests.trials.mutants.tiny import CAUGHT, SURVIVOR, guard, guards_in, plant
from tests.world.broker.node import wait_until

WAIT_SECONDS = 90.0
SLEEPS = '__import__("time").sleep(600)'

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(autouse=True)
def _handlers_stay() -> Iterator[None]:
    """`main` sets the process's own."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


async def test_what_becomes_of_each_guard(tmp_path: Path) -> None:
    """Caught by its tests, or not; a run that says nothing is neither."""
    guards = [
        CAUGHT,
        SURVIVOR,
        guard("slow", "number > 10", SLEEPS, seconds=8.0),
        guard("hangs", "number > 10", SLEEPS, seconds=8.0, hangs=True),
        guard("in-a-fixture", "number > 10", "False", tests=("test_with_a_fixture",)),
        guard("no-import", "limit=10", "limit=nowhere"),
    ]
    reported: list[Found] = []
    found = await hunt(guards, plant(tmp_path / "tree"), jobs=3, report=reported.append)
    assert [(each.guard.id, each.fate, each.by) for each in found] == [
        ("caught", Fate.CAUGHT, "tests/test_limit.py::test_eleven"),
        ("survivor", Fate.SURVIVED, ""),
        ("slow", Fate.TIMED_OUT, ""),
        ("hangs", Fate.CAUGHT, "a hang"),
        ("in-a-fixture", Fate.BROKEN, ""),
        ("no-import", Fate.BROKEN, ""),
    ]
    assert sorted(each.guard.id for each in reported) == sorted(each.id for each in guards)
    assert (tmp_path / "tree/service/limit.py").read_text() == tiny.LIMIT


def command(tmp_path: Path, *guards: Guard, arguments: tuple[str, ...] = ()) -> int:
    """The exit code of the command on the made-up tree with these guards."""
    folder = guards_in(tmp_path / "guards", *guards)
    return main(arguments, root=plant(tmp_path / "tree"), folder=folder)


def test_a_survivor_is_shown_with_what_it_costs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And fails the command."""
    assert command(tmp_path, CAUGHT, SURVIVOR) == 1
    lines = capsys.readouterr().out.splitlines()
    assert f"SURVIVED: survivor: {SURVIVOR.without}" in lines
    assert lines[-1].startswith("2 guards: 1 caught, 1 SURVIVED; ")


def test_only_those_asked_for_are_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By id or by file; a name that is none is an error."""
    assert command(tmp_path, CAUGHT, SURVIVOR, arguments=("--only", "caught", "--jobs", "1")) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 guards: 1 caught; ")
    folder, root = tmp_path / "guards", tmp_path / "tree"
    assert main(("--check", "--only", "limits"), root=root, folder=folder) == 0
    assert capsys.readouterr().out == "2 guards, each found once\n"
    assert main(("--only", "none"), root=root, folder=folder) == 1
    assert "there is no guard none" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_a_stale_guard_fails_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    """Before anything is run."""
    assert command(tmp_path, guard("gone", "number > 11", "False"), arguments=arguments) == 1
    assert capsys.readouterr().out == "WRONG: gone: found 0 times, not once ()\n"


def test_a_tree_whose_tests_fail_as_it_is_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every guard would look caught: the command fails, and shows how the tests do."""
    root = plant(tmp_path / "tree", tests=tiny.TESTS.replace("not within(11)", "within(11)"))
    assert main((), root=root, folder=guards_in(tmp_path / "guards", CAUGHT)) == 1
    output = capsys.readouterr().out
    assert "WRONG: The tests fail with every guard in place" in output
    assert "FAILED tests/test_limit.py::test_eleven" in output


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither processes nor files, also where the shell ignores interrupts for us."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    started = tmp_path / "started"
    slow = (
        f'__import__("pathlib").Path({str(started)!r}).write_text(str(__import__("os").getpid()))'
    )
    hangs = guard("hangs", "number > 10", f"{slow} and {SLEEPS}")
    folder = guards_in(tmp_path / "guards", hangs)
    root = plant(tmp_path / "tree")
    text = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
        "from pathlib import Path; from tests.trials.mutants.__main__ import main; "
        f"sys.exit(main((), root=Path({str(root)!r}), folder=Path({str(folder)!r})))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", text],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: _written(started), "the test hangs", WAIT_SECONDS)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=WAIT_SECONDS)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "everything that was started is gone" in output
    assert list(scratch.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def _written(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return bool(path.read_text())
    return False


def test_guards_of_the_relay_are_caught(capsys: pytest.CaptureFixture[str]) -> None:
    """The tree as it stands, each without one guard; all the others are for the command."""
    assert main(("--only", "quorum", "lost-is-unknown")) == 0, capsys.readouterr().out
    assert "2 guards: 2 caught" in capsys.readouterr().out
