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
from tests.trials.mutants.guard import Guard, load
from tests.trials.mutants.hunt import Fate, Found, check, hunt
from tests.trials.mutants.tiny import CAUGHT, SURVIVOR, guard, plant
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
    """Missed by its tests, or not; a run that says nothing is neither."""
    guards = [
        CAUGHT,
        SURVIVOR,
        guard("slow", "number > 10", SLEEPS, seconds=8.0),
        guard("slow-as-told", "number > 10", SLEEPS, seconds=8.0, times_out=True),
        guard("slow-test", "number > 10", SLEEPS, test="test_in_time"),
        guard("no-import", "def within", "import nowhere\n\n\ndef within"),
        guard("in-a-fixture", "number > 10", "False", test="test_with_a_fixture"),
    ]
    told: list[Found] = []
    found = await hunt(guards, plant(tmp_path / "tree"), jobs=3, tell=told.append)
    assert [(each.guard.id, each.fate, each.by) for each in found] == [
        ("caught", Fate.CAUGHT, "tests/test_limit.py::test_eleven"),
        ("survivor", Fate.SURVIVED, ""),
        ("slow", Fate.TIMED_OUT, ""),
        ("slow-as-told", Fate.CAUGHT, "a time-out"),
        ("slow-test", Fate.TIMED_OUT, "tests/test_limit.py::test_in_time"),
        ("no-import", Fate.BROKEN, ""),
        ("in-a-fixture", Fate.BROKEN, ""),
    ]
    assert sorted(each.guard.id for each in told) == sorted(each.id for each in guards)
    assert (tmp_path / "tree/service/limit.py").read_text() == tiny.LIMIT


def test_a_stale_guard_is_named(tmp_path: Path) -> None:
    """Its text is gone, or there twice, or its tests are gone, or it does nothing."""
    stale = [
        guard("gone", "number > 11", "False"),
        guard("twice", "number", "False"),
        guard("no-python", "number > 10", "number >"),
        guard("nothing", "number > 10", "(number > 10)"),
        guard("untested", "number > 10", "False", test="test_twelve"),
        CAUGHT.model_copy(update={"file": "service/other.py"}),
    ]
    problems = check(stale, plant(tmp_path))
    assert problems[0] == "gone: its text is 0 times in service/limit.py, not once"
    assert problems[1] == "twice: its text is 3 times in service/limit.py, not once"
    assert "no-python: without it service/limit.py is no Python" in problems[2]
    assert problems[3:] == [
        "nothing: without it service/limit.py does the same",
        "untested: there is no test tests/test_limit.py::test_twelve",
        "caught: there is no service/other.py",
    ]


def command(tmp_path: Path, *guards: Guard, arguments: tuple[str, ...] = ()) -> int:
    """The exit code of the command on the made-up tree with these guards."""
    return main(arguments, root=plant(tmp_path / "tree"), folder=guards_in(tmp_path, *guards))


def guards_in(tmp_path: Path, *guards: Guard) -> Path:
    """A folder with a file of these guards."""
    folder = tmp_path / "guards"
    folder.mkdir()
    (folder / "limits.toml").write_text(tiny.toml(*guards))
    return folder


def test_a_survivor_is_told_with_what_it_protects(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And fails the command."""
    assert command(tmp_path, CAUGHT, SURVIVOR) == 1
    lines = capsys.readouterr().out.splitlines()
    assert f"SURVIVED: survivor: {SURVIVOR.protects}" in lines
    assert lines[-1].startswith("2 guards: 1 caught, 1 SURVIVED; ")


def test_only_those_asked_for_are_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By id or by file; a name that is none is an error."""
    only = ("--concern", "limits.toml", "--only", "caught", "--jobs", "1")
    assert command(tmp_path, CAUGHT, SURVIVOR, arguments=only) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 guards: 1 caught; ")
    for wrong in (("--only", "none"), ("--concern", "none")):
        assert main(wrong, folder=tmp_path / "guards") == 1
        assert "none" in capsys.readouterr().out


def test_a_stale_guard_fails_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is run."""
    assert command(tmp_path, guard("gone", "number > 11", "False")) == 1
    assert capsys.readouterr().out.startswith("WRONG: gone: its text is 0 times")


def test_a_tree_whose_tests_fail_as_it_is_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every guard would look caught: the command fails, and shows how the tests do."""
    root = plant(tmp_path / "tree", tests=tiny.TESTS.replace("not within(11)", "within(11)"))
    assert main((), root=root, folder=guards_in(tmp_path, CAUGHT)) == 1
    output = capsys.readouterr().out
    assert "WRONG: The tests fail with every guard in place" in output
    assert "FAILED tests/test_limit.py::test_eleven" in output


def test_the_guards_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """With what each protects."""
    assert main(("--list",)) == 0
    lines = capsys.readouterr().out.splitlines()
    count = sum(map(len, load().values()))
    assert lines[-1] == f"{count} guards"
    assert len(lines) == count + 1


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither processes nor files, also where the shell ignores interrupts for us."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    started = tmp_path / "started"
    slow = (
        f'__import__("pathlib").Path({str(started)!r}).write_text(str(__import__("os").getpid()))'
    )
    hangs = guard("hangs", "number > 10", f"{slow} and {SLEEPS}")
    folder = guards_in(tmp_path, hangs)
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


def test_guards_of_the_relay_are_missed(capsys: pytest.CaptureFixture[str]) -> None:
    """The tree as it stands, each without one guard; all the others are for the command."""
    assert main(("--only", "quorum", "lost-is-unknown")) == 0, capsys.readouterr().out
    assert "2 guards: 2 caught" in capsys.readouterr().out
