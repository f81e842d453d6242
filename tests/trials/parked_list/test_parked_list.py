"""That many looks leave the order: `python -m tests.trials.parked_list`, in short."""

import asyncio
import sys

import pytest

from tests.world.broker.vhost import VirtualHost


@pytest.mark.timeout(300)
async def test_looks_leave_the_order(vhost: VirtualHost) -> None:
    """Five of them, one after the other."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.trials.parked_list"),
        *("--messages", "50", "--looks", "5", "--url", vhost.url),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert "50 messages, 5 looks: " in said.decode()
    assert ", 0 looks out of order" in said.decode()
    assert "a reader that only counts takes " in said.decode()
