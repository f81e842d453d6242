"""A node in a container, for machines without a RabbitMQ but with docker or podman."""

import secrets
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.world.broker import config
from tests.world.broker.config import CONTAINER_PORTS, Ports
from tests.world.broker.errors import BrokerError, output_of
from tests.world.broker.find import Container
from tests.world.broker.ports import LOOPBACK
from tests.world.broker.tls import TlsFiles

ENGINE_TIMEOUT_SECONDS = 300.0


@dataclass
class ContainerRunner:
    """One container whose ports are published on the loopback address only."""

    source: Container
    parent: Path
    ports: Ports
    tls: TlsFiles | None
    management: bool
    name: str = field(default_factory=lambda: f"order-relay-test-{secrets.token_hex(4)}")
    _watchdog: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.directory = self.parent / self.name
        self.directory.mkdir(parents=True)

    def start(self) -> None:
        """Creates the container the first time, and starts the same one after that."""
        if self._watchdog:
            self._engine("start", self.name)
            return
        self._watchdog = subprocess.Popen(
            self.watchdog_command(), stdin=subprocess.PIPE, start_new_session=True
        )
        self._engine(*self.run_arguments())

    def run_arguments(self) -> list[str]:
        """What the engine is told to run."""
        names = config.plugins(tls=self.tls, management=self.management)
        text = config.rabbitmq_conf(
            CONTAINER_PORTS, tls=self.tls, management=self.management, address="0.0.0.0"
        )
        conf = config.write(self.directory, "rabbitmq.conf", text)
        plugins = config.write(self.directory, "enabled_plugins", config.enabled_plugins(names))
        mounts = [(conf, "/etc/rabbitmq/rabbitmq.conf"), (plugins, "/etc/rabbitmq/enabled_plugins")]
        if self.tls:
            mounts.append((self.tls.directory, str(self.tls.directory)))
        published = [
            (self.ports.amqp, CONTAINER_PORTS.amqp),
            (self.ports.amqps, CONTAINER_PORTS.amqps),
            (self.ports.management, CONTAINER_PORTS.management),
            (self.ports.prometheus, CONTAINER_PORTS.prometheus),
        ]
        arguments = ["run", "--detach", "--name", self.name, "--hostname", self.name]
        for outside, inside in published:
            arguments += ["--publish", f"{LOOPBACK}:{outside}:{inside}"]
        for source, target in mounts:
            arguments += ["--volume", f"{source}:{target}:ro"]
        return [*arguments, self.source.image]

    def watchdog_command(self) -> list[str]:
        """What removes the container when its input ends, which is when we end, however."""
        script = 'cat >/dev/null; exec "$0" rm --force --volumes "$1" >/dev/null 2>&1'
        return ["sh", "-c", script, str(self.source.engine), self.name]

    def send_signal(self, number: signal.Signals) -> None:
        """Sends a signal to the first process of the container."""
        if self.is_running():
            self._engine("kill", "--signal", str(int(number)), self.name)

    def is_running(self) -> bool:
        """Whether the container runs."""
        try:
            return self._engine("inspect", "-f", "{{.State.Running}}", self.name).strip() == "true"
        except BrokerError:
            return False

    def pid(self) -> int:
        """The process id of the container's first process, on the engine's machine."""
        return int(self._engine("inspect", "-f", "{{.State.Pid}}", self.name))

    def wait_until_gone(self, timeout_seconds: float) -> bool:
        """Whether the container has stopped within the time."""
        if not self.is_running():
            return True
        try:
            self._engine("wait", self.name, timeout_seconds=timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def remove(self) -> None:
        """Removes the container with its data."""
        if self._watchdog:
            self._watchdog.communicate(timeout=ENGINE_TIMEOUT_SECONDS)
            self._watchdog = None

    def ctl(self, *arguments: str) -> str:
        """What `rabbitmqctl` prints inside the container."""
        return self._engine("exec", self.name, "rabbitmqctl", "--quiet", *arguments)

    def command(self, program: str) -> list[str]:
        """What runs one of RabbitMQ's own programs inside the container."""
        return [str(self.source.engine), "exec", self.name, program]

    def log(self) -> str:
        """What the node has logged."""
        return self._engine("logs", self.name)

    def _engine(self, *arguments: str, timeout_seconds: float = ENGINE_TIMEOUT_SECONDS) -> str:
        command = [str(self.source.engine), *arguments]
        name = f"{self.source.engine.name} {arguments[0]}"
        return output_of(command, name, timeout_seconds=timeout_seconds)
