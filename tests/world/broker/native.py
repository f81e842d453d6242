"""A node of the RabbitMQ that is installed on this machine, run as the user who asks."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from tests.world.broker import config, keeper
from tests.world.broker.config import Ports
from tests.world.broker.errors import output_of
from tests.world.broker.find import Installed
from tests.world.broker.ports import LOOPBACK, free_ports
from tests.world.broker.tls import TlsFiles

CTL_TIMEOUT_SECONDS = 180.0


@dataclass(frozen=True)
class Membership:
    """What the nodes of a cluster share: a secret, a port mapper that runs already, their names."""

    cookie: str
    epmd_port: int
    names: tuple[str, ...]


def new_name() -> str:
    """The name of a node that nobody else has."""
    return f"test-{secrets.token_hex(4)}@localhost"


@dataclass
class NativeRunner:
    """The processes of one node, and the files that they live on."""

    installed: Installed
    parent: Path
    ports: Ports
    tls: TlsFiles | None
    management: bool
    name: str = field(default_factory=new_name)
    membership: Membership | None = None
    _keeper: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.directory = self.parent / self.name.partition("@")[0]
        self._dist_port, self._epmd_port, self._ctl_port = free_ports(3)
        peers: tuple[str, ...] = ()
        cookie = secrets.token_hex(16)
        if self.membership:
            self._epmd_port, peers = self.membership.epmd_port, self.membership.names
            cookie = self.membership.cookie
        names = config.plugins(tls=self.tls, management=self.management)
        for part in ("home", "data", "log"):
            (self.directory / part).mkdir(parents=True)
        text = config.rabbitmq_conf(self.ports, tls=self.tls, management=self.management)
        text += config.cluster_conf(peers)
        config.write(self.directory, "rabbitmq.conf", text)
        config.write(self.directory, "advanced.config", config.advanced_config())
        config.write(self.directory, "enabled_plugins", config.enabled_plugins(names))
        self._cookie().write_text(cookie, encoding="ascii")
        # Erlang refuses a cookie that others may read.
        self._cookie().chmod(0o400)
        self._environment = self._make_environment()

    def start(self) -> None:
        """Starts the node and does not wait."""
        mapper = epmd_command(self.installed, self._epmd_port)
        with (self.directory / "log" / "console.log").open("ab") as console:
            self._keeper = start_keeper(
                [] if self.membership else mapper,
                self._epmd_port,
                [str(self.installed.server)],
                log=console,
                environment=self._environment,
                directory=self.directory,
            )

    def send_signal(self, number: signal.Signals) -> None:
        """Sends a signal to the Erlang VM; one that is gone takes none."""
        if self._keeper and self._keeper.stdin and self.is_running():
            os.write(self._keeper.stdin.fileno(), bytes([number]))

    def is_running(self) -> bool:
        """Whether the node's processes exist."""
        return self._keeper is not None and self._keeper.poll() is None

    def pid(self) -> int:
        """The process id of the Erlang VM, which it writes early in its boot."""
        return int((self.directory / "pid").read_text(encoding="ascii"))

    def wait_until_gone(self, timeout_seconds: float) -> bool:
        """Whether the node and its port mapper are gone within the time."""
        if self._keeper is None:
            return True
        try:
            self._keeper.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        if self._keeper.stdin:
            self._keeper.stdin.close()
        self._keeper = None
        return True

    def remove(self) -> None:
        """Leaves the files: they belong to who gave the directory."""

    def ctl(self, *arguments: str) -> str:
        """What `rabbitmqctl` prints for this node."""
        command = [str(self.installed.ctl), "--node", self.name, "--quiet", *arguments]
        return output_of(
            command,
            f"rabbitmqctl {' '.join(arguments)}",
            timeout_seconds=CTL_TIMEOUT_SECONDS,
            environment=self._environment,
            directory=self.directory,
        )

    def command(self, program: str) -> list[str]:
        """What runs one of RabbitMQ's own programs for this node."""
        variables = [f"{name}={value}" for name, value in self._environment.items()]
        path = str(self.installed.server.with_name(program))
        return ["env", "-i", *variables, path, "--node", self.name]

    def log(self) -> str:
        """Everything that the node has logged, the console of its start first."""
        files = (self.directory / "log").glob("*.log")
        return "".join(path.read_text(encoding="utf-8", errors="replace") for path in sorted(files))

    def _cookie(self) -> Path:
        return self.directory / "home" / ".erlang.cookie"

    def _make_environment(self) -> dict[str, str]:
        # Nothing is inherited: a RABBITMQ_ or ERL_ variable of the caller would change the node.
        here = self.directory
        loopback_only = "-kernel inet_dist_use_interface {127,0,0,1}"
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(here / "home"),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_CRASH_DUMP": "/dev/null",
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_MNESIA_BASE": str(here / "data"),
            "RABBITMQ_LOG_BASE": str(here / "log"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(here / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(here / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(here / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(here / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{loopback_only} {self._vm_arguments()}",
            "RABBITMQ_CTL_ERL_ARGS": loopback_only,
            "RABBITMQ_CTL_DIST_PORT_MIN": str(self._ctl_port),
            # The script becomes the Erlang VM, so that a signal for it is a signal for the VM.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def _vm_arguments(self) -> str:
        # With the name given here the boot spares a second VM that would only look for epmd,
        # and epmd itself, which would outlive us.
        return (
            f"-sname {self.name} -start_epmd false"
            f" -kernel inet_dist_listen_min {self._dist_port}"
            f" -kernel inet_dist_listen_max {self._dist_port}"
            " +S 2:2 +stbt u +sbwt none +sbwtdcpu none +sbwtdio none"
        )


def epmd_command(installed: Installed, port: int) -> list[str]:
    """A port mapper of Erlang on this port."""
    return [str(installed.epmd), "-address", LOOPBACK, "-port", str(port)]


def start_keeper(
    mapper: list[str],
    mapper_port: int,
    node: list[str],
    *,
    log: BinaryIO | int = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> "subprocess.Popen[bytes]":
    """The keeper of both, in a session of its own, out of reach of the terminal's Ctrl-C."""
    return subprocess.Popen(
        [sys.executable, "-I", keeper.__file__, json.dumps([mapper, mapper_port, node])],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        env=environment,
        cwd=directory,
        start_new_session=True,
    )
