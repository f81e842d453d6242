"""What is read of another process, tried on this one."""

import os
import sys
import time

import pytest

from tests.world.load import cpu_seconds


@pytest.mark.skipif(sys.platform != "linux", reason="the number of the clock is Linux' own")
def test_processor_time_is_as_fine_as_the_kernel_counts_it() -> None:
    """In ticks of 10 ms a turn of the API's stand-in read as none."""
    before = time.process_time()
    read = cpu_seconds(os.getpid())
    assert before < read < time.process_time()
