"""The commands that a Makefile runs."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.world.broker.management import ManagementApi

WAIT_SECONDS = 60.0


def test_ensure_says_what_it_found() -> None:
    """Where there is a RabbitMQ, one line names it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.world.broker", "ensure"],
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=True,
    )
    assert done.stderr.startswith("RabbitMQ ")
    assert done.stderr.count("\n") == 1


def test_up_runs_a_node_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """READY comes with URLs that work, and SIGTERM ends it with 0 and no node."""
    command = [sys.executable, "-m", "tests.world.broker", "up", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout
        word, _, urls = up.stdout.readline().partition(" ")
        api = ManagementApi(port=int(json.loads(urls)["management"].rpartition(":")[2]))
        try:
            assert word == "READY"
            assert api.is_ready()
        finally:
            up.send_signal(signal.SIGTERM)
        assert up.wait(WAIT_SECONDS) == 0
    assert not api.is_ready()
