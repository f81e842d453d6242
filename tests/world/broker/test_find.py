"""Where a RabbitMQ comes from, and what a container would be started with."""

import stat
from pathlib import Path

import pytest

from tests.world.broker import Container, Installed, Missing, TlsFiles, find
from tests.world.broker.config import Ports
from tests.world.broker.container import ContainerRunner

PORTS = Ports(amqp=1, amqps=2, management=3, prometheus=4)


def _program(directory: Path, name: str, text: str = "exit 0") -> Path:
    program = directory / name
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing but what the test puts on its PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(find.SERVER_VARIABLE, raising=False)
    return tmp_path


def test_a_server_named_by_a_variable_is_first(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of one's own is used, with the `rabbitmqctl` beside it."""
    named = bare / "own"
    named.mkdir()
    for program in ("rabbitmq-server", "rabbitmqctl"):
        _program(bare, program)
        _program(named, program)
    epmd = _program(bare, "epmd")
    monkeypatch.setenv(find.SERVER_VARIABLE, str(named / "rabbitmq-server"))

    found = find.find_rabbitmq(directories=())

    assert found == Installed(server=named / "rabbitmq-server", epmd=epmd)
    assert isinstance(found, Installed)
    assert found.ctl == named / "rabbitmqctl"


def test_an_engine_counts_only_when_it_works(bare: Path) -> None:
    """A docker without its daemon is passed over for a podman that answers."""
    _program(bare, "docker", "exit 1")
    podman = _program(bare, "podman", 'test "$1" = info')
    assert find.find_rabbitmq(directories=()) == Container(engine=podman)


@pytest.mark.usefixtures("bare")
def test_without_anything_there_is_one_line_of_advice() -> None:
    """The line says what to install, and is one line."""
    found = find.find_rabbitmq(directories=())
    assert found == Missing()
    assert "apt-get install rabbitmq-server" in str(found)
    assert "\n" not in str(found)


def test_a_container_is_published_on_the_loopback_address_only(tmp_path: Path) -> None:
    """The command names the ports, the files and the image, in the engine's words."""
    source = Container(engine=Path("/usr/bin/docker"))
    runner = ContainerRunner(source, tmp_path, PORTS, None, management=True, name="node")
    assert runner.run_arguments() == [
        *("run", "--detach", "--name", "node", "--hostname", "node"),
        *("--publish", "127.0.0.1:1:5672"),
        *("--publish", "127.0.0.1:2:5671"),
        *("--publish", "127.0.0.1:3:15672"),
        *("--publish", "127.0.0.1:4:15692"),
        *("--volume", f"{tmp_path}/node/rabbitmq.conf:/etc/rabbitmq/rabbitmq.conf:ro"),
        *("--volume", f"{tmp_path}/node/enabled_plugins:/etc/rabbitmq/enabled_plugins:ro"),
        "docker.io/library/rabbitmq:4-management",
    ]
    assert "listeners.tcp.1 = 0.0.0.0:5672" in (tmp_path / "node/rabbitmq.conf").read_text()


def test_a_container_sees_the_certificates(tmp_path: Path) -> None:
    """The folder of the certificates is at the same path inside."""
    tls = TlsFiles.make(tmp_path / "tls")
    source = Container(engine=Path("/usr/bin/podman"))
    runner = ContainerRunner(source, tmp_path, PORTS, tls, management=True)
    assert f"{tls.directory}:{tls.directory}:ro" in runner.run_arguments()
    plugins = (runner.directory / "enabled_plugins").read_text()
    assert "rabbitmq_auth_mechanism_ssl" in plugins


def test_a_container_goes_when_its_starter_goes(tmp_path: Path) -> None:
    """The watchdog removes it once its input ends."""
    done = tmp_path / "done"
    engine = _program(tmp_path, "docker", f'echo "$@" > {done}')
    runner = ContainerRunner(Container(engine), tmp_path, PORTS, None, management=True, name="n")
    runner.start()
    runner.remove()
    assert done.read_text() == "rm --force --volumes n\n"
