"""Every guard taken out in turn, several at a time, after the tests passed with all of them in."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import assert_never

from tests.trials.mutants.guard import Guard, GuardError, missing_tests, without
from tests.trials.mutants.pytest_run import TestRun, Verdict, run_tests
from tests.trials.mutants.tree import copy_sources, copy_whole, take_out

WHOLE_TREE_SECONDS = 1800.0
"""How long all the named tests together may take, with no guard taken out."""


class Fate(Enum):
    """What became of a tree without one of its guards."""

    CAUGHT = "caught"
    SURVIVED = "SURVIVED"
    TIMED_OUT = "TIMED OUT"
    BROKEN = "BROKEN"


@dataclass(frozen=True, slots=True)
class Found:
    """What became of it without `guard`: the test that failed first, and how long that took."""

    guard: Guard
    fate: Fate
    by: str
    seconds: float
    output: str = ""


class BaseFailedError(Exception):
    """The tests fail with every guard in place, so their failing would say nothing."""

    def __init__(self, run: TestRun) -> None:
        super().__init__(f"{self.__doc__} ({run.verdict.value})\n{run.output[-4000:]}")


def check(guards: Sequence[Guard], root: Path) -> list[str]:
    """What is stale: texts that are not there once, and tests that are not there."""
    problems = []
    for guard in guards:
        try:
            without(guard, root)
        except GuardError as error:
            problems.append(str(error))
        missing = missing_tests(guard.tests, root)
        problems.extend(f"{guard.id}: there is no test {test}" for test in missing)
    return problems


async def hunt(
    guards: Sequence[Guard], root: Path, *, jobs: int, tell: Callable[[Found], None]
) -> list[Found]:
    """What became of the tree at `root` without each of `guards`; each is told when it is known.

    The tree itself is only read. BaseFailedError where its tests fail as it is.
    """
    with tempfile.TemporaryDirectory(prefix="order-relay-mutants-") as directory:
        base = Path(directory) / "base"
        copy_sources(root, base)
        await _check_base(base, guards)
        permits = asyncio.Semaphore(jobs)

        async def one(guard: Guard) -> Found:
            async with permits, _copy(base, guard.id) as copy:
                found = await _try(guard, copy)
            tell(found)
            return found

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(guard)) for guard in guards]
        return [task.result() for task in tasks]


async def _check_base(base: Path, guards: Sequence[Guard]) -> None:
    tests = sorted({test for guard in guards for test in guard.tests})
    run = await run_tests(base, tests, seconds=WHOLE_TREE_SECONDS)
    if run.verdict is not Verdict.PASSED:
        raise BaseFailedError(run)


@asynccontextmanager
async def _copy(base: Path, name: str) -> AsyncIterator[Path]:
    copy = base.with_name(name)
    copy_whole(base, copy)
    try:
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


async def _try(guard: Guard, copy: Path) -> Found:
    take_out(guard, copy)
    run = await run_tests(copy, guard.tests, seconds=guard.seconds, options=["-x"])
    fate = _fate(guard, run.verdict)
    by = run.failed or ("a time-out" if fate is Fate.CAUGHT else "")
    return Found(guard, fate, by, run.seconds, run.output)


def _fate(guard: Guard, verdict: Verdict) -> Fate:
    match verdict:
        case Verdict.PASSED:
            return Fate.SURVIVED
        case Verdict.FAILED:
            return Fate.CAUGHT
        case Verdict.TIMED_OUT:
            return Fate.CAUGHT if guard.times_out else Fate.TIMED_OUT
        case Verdict.BROKEN:
            return Fate.BROKEN
        case _ as never:
            assert_never(never)
