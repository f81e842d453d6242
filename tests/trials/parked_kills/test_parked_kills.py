"""That a killed command loses nothing: `python -m tests.trials.parked_kills`, in short."""

import asyncio
import sys

import pytest

from tests.world.broker.vhost import VirtualHost
from tests.world.interrupted import needs_proc

POINTS = 6


@needs_proc
@pytest.mark.timeout(300)
async def test_a_command_may_be_killed_anywhere(vhost: VirtualHost) -> None:
    """None lost, none under two ids, none answered in two ways."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.trials.parked_kills"),
        *("--points", str(POINTS), "--url", vhost.url),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert f"{POINTS} points, " in said.decode()
    assert ", 0 wrong" in said.decode()
