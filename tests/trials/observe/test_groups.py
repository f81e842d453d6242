"""A process in a control group with a memory limit, as a relay of a run is."""

import subprocess
import sys

import pytest

from tests.trials.observe.groups import CannotBeHereError, memory_group

MEBIBYTE = 1 << 20
_SAYS_ITS_LIMIT = (
    "from service.edges.telemetry.memory_limit import memory_limit_bytes; "
    "print(memory_limit_bytes())"
)


def test_a_process_enters_the_group_and_reads_its_limit() -> None:
    """From its first step on; the group is gone after."""
    command = (sys.executable, "-m", "tests.trials.observe.groups")
    once = ("timeit", "-n", "1", "-r", "1", _SAYS_ITS_LIMIT)
    try:
        with memory_group(100 * MEBIBYTE) as group:
            done = subprocess.run(
                [*command, str(group), *once], capture_output=True, text=True, check=False
            )
    except CannotBeHereError as error:
        pytest.skip(str(error))
    assert done.stdout.splitlines()[0] == str(100 * MEBIBYTE), done.stderr
    assert not group.exists()
