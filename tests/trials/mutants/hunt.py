"""Every guard taken out in turn, several at a time, after the tests passed with all of them in."""

import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from importlib.util import cache_from_source
from pathlib import Path

from tests.trials.mutants.guard import Guard
from tests.trials.mutants.source import Tree

ALL_TESTS_SECONDS = 1800.0
"""How long all the named tests together may take, with no guard taken out."""

END_SECONDS = 15.0
"""How long pytest may take to put its brokers and processes away, once it is interrupted."""

_FAILED = re.compile(r"^FAILED (.+?)(?: - .*)?$", re.MULTILINE)
_OUTPUT = shutil.ignore_patterns(".*", "__pycache__", "chaos-results", "htmlcov")

# Plugins that a run of a few tests does not need: their imports are half of its time.
_PYTEST = "-m pytest -q -rfE --tb=short -p no:cacheprovider -p no:xdist -p no:hypothesispytest"


class Fate(Enum):
    """What became of a tree without one of its guards."""

    CAUGHT = "caught"
    SURVIVED = "SURVIVED"
    TIMED_OUT = "TIMED OUT"
    BROKEN = "BROKEN"
    """No test failed, and they were not run to an end: that says nothing about the guard."""


@dataclass(frozen=True, slots=True)
class Found:
    """What became of it without `guard`: the test that failed first, and how long that took."""

    guard: Guard
    fate: Fate
    by: str
    seconds: float
    output: str


class BaseFailedError(Exception):
    """The tests fail with every guard in place, so their failing would say nothing."""

    def __init__(self, output: str) -> None:
        super().__init__(f"{self.__doc__}\n{output[-4000:]}")


async def hunt(
    guards: Sequence[Guard], root: Path, *, jobs: int, report: Callable[[Found], None]
) -> list[Found]:
    """What became of the tree at `root` without each of `guards`, reported as soon as it is known.

    The tree itself is only read. BaseFailedError where its tests fail as it is.
    """
    with tempfile.TemporaryDirectory(prefix="order-relay-mutants-") as directory:
        base = Path(directory) / "base"
        shutil.copytree(root, base, symlinks=True, ignore=_OUTPUT)
        tree, permits = Tree(base), asyncio.Semaphore(jobs)
        tests = {test for guard in guards for test in tree.tests(guard)}
        code, output = await _run(base, sorted(tests), ALL_TESTS_SECONDS)
        if code != 0:
            raise BaseFailedError(output)

        async def one(guard: Guard) -> Found:
            async with permits:
                found = await _try(guard, tree, base)
            report(found)
            return found

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(guard)) for guard in guards]
        return [task.result() for task in tasks]


async def _try(guard: Guard, tree: Tree, base: Path) -> Found:
    began = time.monotonic()
    copy = base.with_name(guard.id)
    try:
        _copy_without(guard, tree, base, copy)
        code, output = await _run(copy, tree.tests(guard), guard.seconds, "-x")
    finally:
        shutil.rmtree(copy, ignore_errors=True)
    fate, by = _fate(guard, code, output)
    return Found(guard, fate, by, time.monotonic() - began, output)


def _copy_without(guard: Guard, tree: Tree, base: Path, copy: Path) -> None:
    # With its byte code, which stays valid and saves a second.
    shutil.copytree(base, copy, symlinks=True, ignore=shutil.ignore_patterns(".*"))
    name, mutated = tree.without(guard)
    path = copy / name
    # Byte code is told from stale by size and second alone: a change may keep both.
    Path(cache_from_source(str(path))).unlink(missing_ok=True)
    path.write_text(mutated, encoding="utf-8")


def _fate(guard: Guard, code: int | None, output: str) -> tuple[Fate, str]:
    """By pytest's exit code: 1 is failed tests, of which the summary names the first."""
    match code, _FAILED.search(output):
        case None, _:
            return (Fate.CAUGHT, "a hang") if guard.hangs else (Fate.TIMED_OUT, "")
        case 0, _:
            return Fate.SURVIVED, ""
        case 1, re.Match() as failed:
            return Fate.CAUGHT, failed[1]
        case _:
            return Fate.BROKEN, ""


async def _run(
    tree: Path, tests: Sequence[str], seconds: float, *options: str
) -> tuple[int | None, str]:
    """The tests' exit code, None after `seconds`, and their output; nothing of them runs on."""
    scratch = tree / ".scratch"
    scratch.mkdir(exist_ok=True)
    printed = scratch / "pytest.log"
    # A file, not a pipe: what outlived pytest would hold a pipe open.
    with printed.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *_PYTEST.split(),
            *options,
            *tests,
            cwd=tree,
            env=_environment(tree, scratch),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            # A terminal's Ctrl-C reaches us alone, and we end the others in order.
            start_new_session=True,
        )
    code = None
    try:
        with suppress(TimeoutError):
            code = await asyncio.wait_for(process.wait(), seconds)
    finally:
        await _end(process)
    return code, printed.read_text(encoding="utf-8", errors="replace")


def _environment(tree: Path, scratch: Path) -> dict[str, str]:
    """The copy comes first on the path: an installed program is another tree's."""
    foreign = ("ORDER_RELAY_", "PYTEST_", "COV_", "COVERAGE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "PYTHONPATH": str(tree), "TMPDIR": str(scratch), "NO_COLOR": "1"}


async def _end(process: asyncio.subprocess.Process) -> None:
    """End pytest and what it started; by an interrupt first: it then tears its fixtures down."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), END_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
