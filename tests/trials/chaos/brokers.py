"""The broker of a run behind a small face: one node here, a cluster elsewhere."""

import http.client
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from tests.world.broker import BrokerError, Queue, RabbitNode, VirtualHost
from tests.world.broker.ports import LOOPBACK

RELAY_PASSWORD = "relay-of-a-chaos-run"
EVERYTHING = ".*"
NOTHING = ""

AGAIN_SECONDS = 0.5
SURELY_SECONDS = 180.0

FAILURES = (BrokerError, OSError, http.client.HTTPException, subprocess.TimeoutExpired)
"""What an action on a broker can fail with while it is down or comes up."""


class ChaosBroker(Protocol):
    """What a run needs of a broker; every call may block, and may raise one of FAILURES."""

    @property
    def ports(self) -> Sequence[int]:
        """The AMQP port of each node, in its order."""
        ...

    @property
    def urls(self) -> Sequence[str]:
        """Where producers connect to, each node once."""
        ...

    def relay_url(self, ports: Sequence[int]) -> str:
        """The setting of a relay that reaches the nodes through these ports of this machine."""
        ...

    def kill(self, node: int) -> None:
        """Ends a node with SIGKILL."""
        ...

    def stop(self, node: int) -> None:
        """Shuts a node down in order, as for an upgrade."""
        ...

    def start_again(self, node: int) -> None:
        """Starts a killed or stopped node; returns when it takes connections."""
        ...

    def move_leaders(self, node: int) -> None:
        """Has a node lead every quorum queue; BrokerError where it does not come to that."""
        ...

    def freeze(self, node: int) -> None:
        """Stops a node in its tracks."""
        ...

    def thaw(self, node: int) -> None:
        """Lets a frozen node go on."""
        ...

    def alarm(self, *, on: bool) -> None:
        """Blocks publishers, or ends that."""
        ...

    def permit_relays(
        self, *, configure: str = EVERYTHING, write: str = EVERYTHING, read: str = EVERYTHING
    ) -> None:
        """Changes what the relays may do; new channels of theirs notice."""
        ...

    def close_connections(self, *, relays_only: bool) -> int:
        """Closes connections of the run; how many."""
        ...

    def queues(self) -> Mapping[str, Queue]:
        """Every queue of the run, as it was a moment ago."""
        ...

    def settle(self) -> None:
        """Has what was declared lately survive a kill (see RabbitNode.settle)."""
        ...


@dataclass(frozen=True)
class SingleNode:
    """A virtual host of one private node, with a user of their own for the relays."""

    host: VirtualHost

    @classmethod
    @contextmanager
    def prepare(cls, host: VirtualHost) -> Iterator["SingleNode"]:
        """The broker with a user for the relays, who is gone after."""
        broker = cls(host)
        host.node.add_user(broker.relay_user, RELAY_PASSWORD)
        try:
            broker.permit_relays()
            yield broker
        finally:
            host.node.delete_user(broker.relay_user)

    @property
    def relay_user(self) -> str:
        """The relays' user."""
        return f"relay-{self.host.name}"

    @property
    def _node(self) -> RabbitNode:
        return self.host.node

    @property
    def ports(self) -> Sequence[int]:
        """The only one."""
        return (self._node.amqp_port,)

    @property
    def urls(self) -> Sequence[str]:
        """The virtual host's own."""
        return (self.host.url,)

    def relay_url(self, ports: Sequence[int]) -> str:
        """One URL for each port."""
        place = quote(self.host.name, safe="")
        return ",".join(
            f"amqp://{self.relay_user}:{RELAY_PASSWORD}@{LOOPBACK}:{port}/{place}" for port in ports
        )

    def kill(self, node: int) -> None:
        """As a crash would."""
        self._node.kill()

    def stop(self, node: int) -> None:
        """By SIGTERM."""
        self._node.stop()

    def start_again(self, node: int) -> None:
        """On the same files and ports."""
        self._node.start_again()

    def move_leaders(self, node: int) -> None:
        """There is nobody else to lead."""
        raise BrokerError("one node leads all the time")

    def freeze(self, node: int) -> None:
        """By SIGSTOP."""
        self._node.freeze()

    def thaw(self, node: int) -> None:
        """By SIGCONT."""
        self._node.thaw()

    def alarm(self, *, on: bool) -> None:
        """The memory alarm."""
        self._node.set_memory_alarm(on=on)

    def permit_relays(
        self, *, configure: str = EVERYTHING, write: str = EVERYTHING, read: str = EVERYTHING
    ) -> None:
        """By the management API."""
        self._node.set_permissions(
            self.relay_user, self.host.name, configure=configure, write=write, read=read
        )

    def close_connections(self, *, relays_only: bool) -> int:
        """By the management API, which knows those of a second ago."""
        rows = self._node.api.get("vhosts", self.host.name, "connections") or []
        names = [row["name"] for row in rows if not relays_only or row["user"] == self.relay_user]
        for name in names:
            self._node.api.delete("connections", name)
        return len(names)

    def queues(self) -> Mapping[str, Queue]:
        """By the management API."""
        return self.host.queues()

    def settle(self) -> None:
        """By writing all tables."""
        self._node.settle()


def surely(action: Callable[[], object], within_seconds: float = SURELY_SECONDS) -> None:
    """Does it as soon as the broker lets it; blocks; the last error when the time is over.

    For what must be mended: a node that comes up refuses for a while.
    """
    deadline = time.monotonic() + within_seconds
    while True:
        try:
            action()
        except FAILURES:
            if time.monotonic() > deadline:
                raise
            time.sleep(AGAIN_SECONDS)
        else:
            return
