"""The processes of a node: none outlives who started it, and the commands of a Makefile."""

import json
import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.world.broker import Installed, find_rabbitmq, keeper
from tests.world.broker.management import ManagementApi
from tests.world.broker.ports import accepts, free_ports

# Starts a keeper as a test session does, tells its pid, and waits to be killed.
STARTER = """
import subprocess, sys
kept = subprocess.Popen([sys.executable, "-I", *sys.argv[1:]], stdin=subprocess.PIPE,
                        start_new_session=True)
print(kept.pid, flush=True)
sys.stdin.read()
"""
WAIT_SECONDS = 15.0
STOP_SECONDS = 60.0


@pytest.fixture
def epmd() -> tuple[Path, int]:
    """A port mapper's program and a free port for it."""
    found = find_rabbitmq()
    if not isinstance(found, Installed):
        pytest.skip("only a node of this machine has a keeper")
    return found.epmd, free_ports(1)[0]


def _plan(epmd: tuple[Path, int], node_command: list[str]) -> str:
    program, port = epmd
    command = [str(program), "-address", "127.0.0.1", "-port", str(port)]
    return json.dumps([command, port, node_command])


def _wait_for_end(pidfd: int) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(pidfd, selectors.EVENT_READ)
        assert selector.select(WAIT_SECONDS), "still running"
    os.close(pidfd)


def test_a_killed_starter_takes_the_node_along(epmd: tuple[Path, int], tmp_path: Path) -> None:
    """After SIGKILL of the starter neither node nor port mapper is left."""
    told = tmp_path / "pid"
    os.mkfifo(told)
    node = ["sh", "-c", f"echo $$ > {told}; exec sleep 600"]
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, keeper.__file__, _plan(epmd, node)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert starter.stdout
    keeper_ends = os.pidfd_open(int(starter.stdout.readline()))
    node_ends = os.pidfd_open(int(told.read_text()))
    assert accepts(epmd[1])

    starter.kill()
    starter.communicate()

    _wait_for_end(node_ends)
    _wait_for_end(keeper_ends)
    assert not accepts(epmd[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_byte_is_a_signal_for_the_node(epmd: tuple[Path, int], number: signal.Signals) -> None:
    """The node gets the signal, and the keeper ends with it and takes the port mapper along."""
    plan = _plan(epmd, ["sleep", "600"])
    with subprocess.Popen(
        [sys.executable, "-I", keeper.__file__, plan], stdin=subprocess.PIPE
    ) as kept:
        assert kept.stdin
        os.write(kept.stdin.fileno(), bytes([number]))
        kept.wait(WAIT_SECONDS)
    assert not accepts(epmd[1])


def test_ensure_says_what_it_found() -> None:
    """Where there is a RabbitMQ, one line names it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.world.broker", "ensure"],
        capture_output=True,
        text=True,
        timeout=STOP_SECONDS,
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
        assert up.wait(STOP_SECONDS) == 0
    assert not api.is_ready()
