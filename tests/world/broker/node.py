"""A private RabbitMQ node on free ports of 127.0.0.1, with whatever RabbitMQ is at hand."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self
from urllib.parse import quote

from tests.world.broker.config import Ports
from tests.world.broker.container import ContainerRunner
from tests.world.broker.errors import BrokerError
from tests.world.broker.find import Container, Installed, Missing, Say, find_rabbitmq
from tests.world.broker.management import ManagementApi, Queue
from tests.world.broker.native import NativeRunner
from tests.world.broker.ports import LOOPBACK, accepts
from tests.world.broker.tls import TlsFiles

START_DEADLINE_SECONDS = 180.0
STOP_DEADLINE_SECONDS = 30.0
POLL_SECONDS = 0.05

Runner = NativeRunner | ContainerRunner


class RabbitNode:
    """One node; its users, virtual hosts and alarms; alive until `close` or the caller's end."""

    def __init__(self, runner: Runner, ports: Ports, *, tls: bool, management: bool) -> None:
        self._runner = runner
        self._ports = ports
        self._tls = tls
        self._management = management
        self.api = ManagementApi(port=ports.management)

    @classmethod
    def start(
        cls,
        directory: Path,
        *,
        tls: TlsFiles | None = None,
        management: bool = True,
        found: Installed | Container | None = None,
        say: Say = lambda _line: None,
    ) -> Self:
        """A node that takes connections; its files are in a new folder of the directory."""
        source = found or find_rabbitmq()
        ports = Ports.free()
        runner: Runner
        match source:
            case Missing():
                raise BrokerError(source.advice)
            case Installed():
                runner = NativeRunner(source, directory.resolve(), ports, tls, management)
            case Container():
                runner = ContainerRunner(source, directory.resolve(), ports, tls, management)
        node = cls(runner, ports, tls=tls is not None, management=management)
        say(f"starting {source} on port {ports.amqp}")
        node.start_again()
        say(f"ready: {node.amqp_url()}")
        return node

    @property
    def amqp_port(self) -> int:
        """The port that takes plain AMQP connections."""
        return self._ports.amqp

    @property
    def amqps_port(self) -> int:
        """The port that takes AMQP over TLS, on a node that was started with certificates."""
        if not self._tls:
            raise BrokerError("this node was started without TLS")
        return self._ports.amqps

    @property
    def management_url(self) -> str:
        """The management page and API."""
        if not self._management:
            raise BrokerError("this node was started without the management API")
        return f"http://{LOOPBACK}:{self._ports.management}"

    @property
    def prometheus_url(self) -> str:
        """The broker's own metrics."""
        return f"http://{LOOPBACK}:{self._ports.prometheus}/metrics"

    def amqp_url(self, user: str = "guest", password: str = "guest", vhost: str = "/") -> str:
        """The URL of a plain connection; every part is escaped."""
        credentials = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"amqp://{credentials}@{LOOPBACK}:{self.amqp_port}/{quote(vhost, safe='')}"

    def amqps_url(self, user: str = "guest", password: str = "guest", vhost: str = "/") -> str:
        """The URL of a connection over TLS, to the name that the certificate is for."""
        credentials = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"amqps://{credentials}@localhost:{self.amqps_port}/{quote(vhost, safe='')}"

    def ctl(self, *arguments: str) -> str:
        """What `rabbitmqctl` prints; seconds, for it boots a VM; BrokerError with its error."""
        return self._runner.ctl(*arguments)

    def command(self, program: str) -> list[str]:
        """What runs one of RabbitMQ's own programs, such as `rabbitmq-queues`, on this node."""
        return self._runner.command(program)

    def log(self) -> str:
        """Everything that the node has logged."""
        return self._runner.log()

    def is_running(self) -> bool:
        """Whether the node exists, ready or not."""
        return self._runner.is_running()

    @property
    def pid(self) -> int:
        """The process id of the Erlang VM."""
        return self._runner.pid()

    def stop(self) -> None:
        """Shuts the node down in order, some 6 s; what is durable stays for `start_again`."""
        self._runner.send_signal(signal.SIGTERM)
        if not self._runner.wait_until_gone(STOP_DEADLINE_SECONDS):
            self.kill()

    def kill(self) -> None:
        """Ends the node with SIGKILL, as a crash would; its files stay. See `settle`."""
        self._runner.send_signal(signal.SIGKILL)
        if not self._runner.wait_until_gone(STOP_DEADLINE_SECONDS):
            raise BrokerError("the node did not end on SIGKILL")

    def settle(self) -> None:
        """Has the node, and each that it sees, write now what it would in a second or two.

        RabbitMQ 3.10 writes late which Raft log is whose: a quorum queue that is declared less
        than that before `kill` comes back without its messages and without a leader, for good,
        and a consumer of it hears nothing for 65 s, then 541.
        """
        # One call for all of a cluster: each boots a VM.
        tables = "Node <- [node() | nodes()], Table <- rpc:call(Node, dets, all, [])"
        self.ctl("eval", f"[rpc:call(Node, dets, sync, [Table]) || {tables}].")

    def freeze(self) -> None:
        """Stops the node in its tracks: connections stay open and nothing answers."""
        self._runner.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets a frozen node go on."""
        self._runner.send_signal(signal.SIGCONT)

    def start_again(self) -> None:
        """Starts a stopped or killed node on the same files and ports, and waits for it."""
        if self.is_running():
            raise BrokerError("the node is running")
        self._runner.start()
        try:
            wait_until(self._is_ready, "the node is ready", START_DEADLINE_SECONDS)
        except BrokerError as error:
            log = self.log()[-4_000:]
            self.close()
            message = f"{error}\n{log}"
            raise BrokerError(message) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends everything that was started, at once; the directory is the caller's to remove."""
        self.kill()
        self._runner.remove()

    def add_vhost(self, name: str) -> None:
        """Creates a virtual host."""
        self.api.put("vhosts", name)

    def delete_vhost(self, name: str) -> None:
        """Deletes a virtual host with its queues and connections."""
        self.api.delete("vhosts", name)

    def add_user(self, name: str, password: str = "", tags: str = "") -> None:
        """Creates a user, or changes one; without a password only a certificate logs it in."""
        secret = {"password": password} if password else {"password_hash": ""}
        self.api.put("users", name, body={**secret, "tags": tags})

    def delete_user(self, name: str) -> None:
        """Deletes a user."""
        self.api.delete("users", name)

    def set_permissions(
        self,
        user: str,
        vhost: str = "/",
        *,
        configure: str = ".*",
        write: str = ".*",
        read: str = ".*",
    ) -> None:
        """Gives a user these rights in a virtual host; an empty pattern matches nothing."""
        body = {"configure": configure, "write": write, "read": read}
        self.api.put("permissions", vhost, user, body=body)

    def clear_permissions(self, user: str, vhost: str = "/") -> None:
        """Takes the user's access to the virtual host away."""
        self.api.delete("permissions", vhost, user)

    def set_memory_alarm(self, *, on: bool) -> None:
        """Raises the memory alarm, which blocks publishers, or ends it."""
        self.ctl("set_vm_memory_high_watermark", "0" if on else "0.4")

    def queues(self, vhost: str = "/") -> dict[str, Queue]:
        """Every queue of a virtual host by its name, as it was a moment ago."""
        return self.api.queues(vhost)

    def connections(self, vhost: str | None = None) -> list[str]:
        """The names of the client connections that were open a second ago."""
        rows = self.api.get("connections") or []
        return [row["name"] for row in rows if vhost is None or row.get("vhost") == vhost]

    def close_connections(self, reason: str, vhost: str | None = None) -> None:
        """Has the broker close every connection (of the virtual host) with 320 and the reason."""
        only = ["--vhost", vhost] if vhost else ["--global"]
        self.ctl("close_all_connections", *only, reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _is_ready(self) -> bool:
        if not self.is_running():
            raise BrokerError("the node ended while it started")
        return accepts(self.amqp_port) and (not self._management or self.api.is_ready())


def wait_until(holds: Callable[[], bool], what: str, deadline_seconds: float = 10.0) -> None:
    """Returns as soon as the condition holds; BrokerError when the time is over."""
    deadline = time.monotonic() + deadline_seconds
    while not holds():
        if time.monotonic() > deadline:
            message = f"not within {deadline_seconds:g} s: {what}"
            raise BrokerError(message)
        time.sleep(POLL_SECONDS)
