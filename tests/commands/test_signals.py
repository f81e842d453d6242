"""Signals before anything is begun: a process that still imports ends at once."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.world.relay_process import environment

SLOW = """
import os, sys
print("importing", os.getpid(), flush=True)
sys.stdin.buffer.read()
"""
BOUND_SECONDS = 60.0
ALONE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


@asynccontextmanager
async def importing(
    tmp_path: Path, *arguments: str, before: tuple[str, ...] = ()
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A process in the middle of its imports, and its own id as it sees it itself."""
    # `run` imports the one, other commands the other.
    for name in ("pydantic_settings", "typer"):
        (tmp_path / f"{name}.py").write_text(SLOW)
    process = await asyncio.create_subprocess_exec(
        *before,
        sys.executable,
        "-m",
        "service",
        *arguments,
        env=environment(API__KEY="some-key") | {"PYTHONPATH": str(tmp_path)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        word, own_id = (await asyncio.wait_for(process.stdout.readline(), BOUND_SECONDS)).split()
        assert word == b"importing"
        yield process, int(own_id)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def why_not_alone() -> str | None:
    """Why no process can be process 1 here: no root, no unshare, or a root that is a chroot's."""
    if shutil.which(ALONE[0]) is None:
        return "there is no unshare"
    trying = await asyncio.create_subprocess_exec(*ALONE, "true", stderr=asyncio.subprocess.PIPE)
    _, said = await asyncio.wait_for(trying.communicate(), BOUND_SECONDS)
    return said.decode().strip() if trying.returncode else None


def child_of(pid: int) -> int:
    """The only child of a process, by the id that it has here."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii"))


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [
        ("run", signal.SIGTERM, 0),
        ("run", signal.SIGINT, 0),
        ("topology", signal.SIGTERM, 128 + signal.SIGTERM),
        ("topology", signal.SIGINT, 128 + signal.SIGINT),
    ],
)
async def test_a_signal_during_the_imports_ends_the_process(
    tmp_path: Path, command: str, number: signal.Signals, code: int
) -> None:
    """`run` has drained, for it has taken nothing; of another command it is no success."""
    async with importing(tmp_path, command) as (process, _):
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), BOUND_SECONDS) == code


async def test_so_it_is_as_process_1(tmp_path: Path) -> None:
    """Of a container, where a signal that nobody handles is ignored."""
    if (why := await why_not_alone()) is not None:
        pytest.skip(f"a process namespace of its own cannot be had here: {why}")
    async with importing(tmp_path, "run", before=tuple(ALONE)) as (process, own_id):
        assert own_id == 1
        os.kill(child_of(process.pid), signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), BOUND_SECONDS) == 0
