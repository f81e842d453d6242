"""However the starter of a cluster ends, its programs end too, and what they said is shown."""

import os
import re
import selectors
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shipping.kube.api import KubeError
from tests.shipping.kube.cluster import kept, running_cluster

STARTER = """
import sys
from pathlib import Path
from tests.shipping.kube.cluster import kept
with kept(sys.argv[2:], Path(sys.argv[1])):
    sys.stdin.read()
"""
WAIT_SECONDS = 60.0


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A pipe through which a program tells its process id; who reads it waits for that."""
    pipe = tmp_path / "pid"
    os.mkfifo(pipe)
    return pipe


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def _wait_for_end(pidfd: int) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(pidfd, selectors.EVENT_READ)
        assert selector.select(WAIT_SECONDS), "still running"
    os.close(pidfd)


def test_a_program_that_ends_is_named_with_what_it_said(tmp_path: Path, told: Path) -> None:
    """And the other one is ended."""
    _program(tmp_path / "etcd", f"echo $$ > {told}; exec sleep 600")
    _program(tmp_path / "kube-apiserver", f"read store < {told}; echo store is $store; exit 3")
    with (
        pytest.raises(KubeError, match="kube-apiserver ended with 3") as raised,
        running_cluster(tmp_path, tmp_path),
    ):
        pytest.fail("the cluster is said to be ready")
    found = re.search(r"kube-apiserver said last:\nstore is (\d+)", str(raised.value))
    assert found, str(raised.value)
    with pytest.raises(ProcessLookupError):
        os.kill(int(found[1]), 0)


def test_a_wait_that_is_over_shows_what_the_programs_said(tmp_path: Path) -> None:
    """Whatever there is of it at that time."""
    for name in ("etcd", "kube-apiserver"):
        _program(tmp_path / name, "exec sleep 600")
    with (
        pytest.raises(KubeError, match="not within 0 s: kube-apiserver is ready") as raised,
        running_cluster(tmp_path, tmp_path, start_seconds=0.0),
    ):
        pytest.fail("the cluster is said to be ready")
    assert "etcd said last:\nnothing\nkube-apiserver said last:\nnothing" in str(raised.value)


def test_the_end_of_the_block_ends_the_program(tmp_path: Path, told: Path) -> None:
    """It is asked to, before it is killed."""
    with kept(["sh", "-c", f"echo $$ > {told}; exec sleep 600"], tmp_path / "log") as process:
        assert int(told.read_text(encoding="ascii")) == process.pid
    assert process.returncode == -signal.SIGTERM


def test_a_killed_starter_takes_the_program_along(tmp_path: Path, told: Path) -> None:
    """After SIGKILL of the starter, which can tidy up nothing, the program is ended."""
    program = ["sh", "-c", f"echo $$ > {told}; exec sleep 600"]
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, tmp_path / "log", *program], stdin=subprocess.PIPE
    ) as starter:
        program_ends = os.pidfd_open(int(told.read_text(encoding="ascii")))
        starter.kill()
        _wait_for_end(program_ends)
