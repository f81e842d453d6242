"""A cluster is alone on its machine, ends with its starter, and shows what its programs said."""

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
from tests.shipping.kube.custom import OPEN_KINDS, open_crd
from tests.shipping.kube.options import Ports, api_options, etcd_options, kubeconfig

STARTER = """
import sys
from pathlib import Path
from tests.shipping.kube.cluster import kept
with kept(sys.argv[2:], Path(sys.argv[1])):
    sys.stdin.read()
"""
WAIT_SECONDS = 60.0
PORTS = Ports(etcd=1, etcd_peer=2, api=3)
DIRECTORY = Path("/run/cluster")
OPTIONS = [*etcd_options(PORTS, DIRECTORY), *api_options(PORTS, DIRECTORY)]


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


def test_everything_is_on_the_loopback_address() -> None:
    """No other machine can reach a cluster without a password."""
    addresses = re.findall(r"https?://([^:/]+):\d|address=(\S+)", "\n".join(OPTIONS))
    assert {one or other for one, other in addresses} == {"127.0.0.1"}
    assert kubeconfig(PORTS, DIRECTORY)["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:3"


def test_the_parts_find_each_other() -> None:
    """By the ports that were free, and by the files of their directory."""
    assert "--etcd-servers=http://127.0.0.1:1" in OPTIONS
    assert "--listen-client-urls=http://127.0.0.1:1" in OPTIONS
    assert "--listen-peer-urls=http://127.0.0.1:2" in OPTIONS
    assert "--secure-port=3" in OPTIONS


def test_nothing_is_written_elsewhere() -> None:
    """Two clusters at a time do not meet, and the directory's end is the cluster's."""
    paths = [option.split("=", 1)[1] for option in OPTIONS if "=/" in option]
    assert len(paths) >= 7
    assert [path for path in paths if not path.startswith("/run/cluster/")] == []


def test_an_open_crd_is_a_whole_one() -> None:
    """Its name is what Kubernetes demands, and its spec is not pruned."""
    for kind in OPEN_KINDS:
        crd = open_crd(*kind)
        spec = crd["spec"]
        assert crd["metadata"]["name"] == f"{spec['names']['plural']}.{spec['group']}"
        (version,) = spec["versions"]
        properties = version["schema"]["openAPIV3Schema"]["properties"]
        assert properties["spec"]["x-kubernetes-preserve-unknown-fields"] is True
    policy = open_crd("rabbitmq.com", "v1beta1", "Policy")
    assert policy["metadata"]["name"] == "policies.rabbitmq.com"
