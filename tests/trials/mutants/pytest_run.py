"""One run of pytest on a copy of the tree, bounded, and what it says about a guard."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

END_SECONDS = 15.0
"""How long pytest may take to put its brokers and processes away, once it is interrupted."""

_FAILED = re.compile(r"^FAILED (.+?)(?: - .*)?$", re.MULTILINE)
_TIMED_OUT = re.compile(r"^E +Failed: Timeout \(>", re.MULTILINE)

_WITHOUT = ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest")
"""Plugins that a run of a few tests does not need: their imports are half of its time."""


class Verdict(Enum):
    """What became of the tests."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    BROKEN = "broken"
    """They were not run to an end, or failed outside of a test: that says nothing about a guard."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """How a run ended: the first test that failed, how long it took, and what pytest printed."""

    __test__ = False

    verdict: Verdict
    failed: str
    seconds: float
    output: str


async def run_tests(
    root: Path, tests: Sequence[str], *, seconds: float, options: Sequence[str] = ()
) -> TestRun:
    """Run `tests` in the tree at `root`; nothing of them is left when it ends or is cancelled."""
    began = time.monotonic()
    scratch = root / ".scratch"
    scratch.mkdir(exist_ok=True)
    # The tests' own bound is for a machine that has nothing else to do: a setup that takes long
    # would look like a test that hangs.
    bound = f"--timeout={seconds:g}"
    command = ["-m", "pytest", bound, "-q", "-rfE", "--tb=short", *_WITHOUT]
    printed = scratch / "pytest.log"
    # A file, not a pipe: what outlived pytest would hold a pipe open.
    with printed.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            *options,
            *tests,
            cwd=root,
            env=_environment(root, scratch),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            # A terminal's Ctrl-C reaches us alone, and we end the others in order.
            start_new_session=True,
        )
    in_time = False
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), seconds)
            in_time = True
    finally:
        await _end(process)
    text = printed.read_text(encoding="utf-8", errors="replace")
    verdict, failed = _verdict(process.returncode, text) if in_time else (Verdict.TIMED_OUT, "")
    return TestRun(verdict, failed, time.monotonic() - began, text)


def _environment(root: Path, scratch: Path) -> dict[str, str]:
    """The copy comes first on the path: an installed program is another tree's."""
    foreign = ("ORDER_RELAY_", "PYTEST_", "COV_", "COVERAGE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "PYTHONPATH": str(root), "TMPDIR": str(scratch), "NO_COLOR": "1"}


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


def _verdict(code: int | None, output: str) -> tuple[Verdict, str]:
    """By pytest's exit code: 1 is failed tests, of which the summary names the first."""
    if code == 0:
        return Verdict.PASSED, ""
    match = _FAILED.search(output)
    if code != 1 or match is None:
        return Verdict.BROKEN, ""
    return Verdict.TIMED_OUT if _TIMED_OUT.search(output) else Verdict.FAILED, match[1]
