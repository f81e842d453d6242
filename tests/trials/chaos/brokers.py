"""The broker of a run, one node or a cluster, as faults and relays see it."""

import http.client
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from tests.world.broker import BrokerError, Queue, RabbitNode, VirtualHost
from tests.world.broker.cluster import ClusterHost, RabbitCluster
from tests.world.broker.ports import LOOPBACK
from tests.world.broker.stuck import tell_leaders

RELAY_PASSWORD = "relay-of-a-chaos-run"
EVERYTHING = ".*"

AGAIN_SECONDS = 0.5
SURELY_SECONDS = 180.0

FAILURES = (BrokerError, OSError, http.client.HTTPException, subprocess.TimeoutExpired)
"""What an action on a broker can fail with while it is down or comes up."""


@dataclass(frozen=True)
class ChaosBroker:
    """A virtual host with a user of its own for the relays.

    Every call may block, and may raise one of FAILURES.
    """

    host: VirtualHost | ClusterHost

    @classmethod
    @contextmanager
    def prepare(cls, host: VirtualHost | ClusterHost) -> Iterator["ChaosBroker"]:
        """The broker with a user for the relays, who is gone after."""
        broker = cls(host)
        user = {"password": RELAY_PASSWORD, "tags": ""}
        broker._all.api.put("users", broker.relay_user, body=user)
        try:
            broker.permit_relays()
            yield broker
        finally:
            broker._all.api.delete("users", broker.relay_user)

    @property
    def relay_user(self) -> str:
        """The relays' user."""
        return f"relay-{self.host.name}"

    @property
    def nodes(self) -> Sequence[RabbitNode]:
        """Those that can be killed, stopped and frozen."""
        return self._all.nodes if isinstance(self._all, RabbitCluster) else (self._all,)

    @property
    def urls(self) -> Sequence[str]:
        """Where producers connect to, each node once."""
        return self.host.urls if isinstance(self.host, ClusterHost) else (self.host.url,)

    @property
    def _all(self) -> RabbitNode | RabbitCluster:
        return self.host.cluster if isinstance(self.host, ClusterHost) else self.host.node

    def relay_url(self, ports: Sequence[int]) -> str:
        """The setting of a relay that reaches the nodes through these ports of this machine."""
        place = quote(self.host.name, safe="")
        return ",".join(
            f"amqp://{self.relay_user}:{RELAY_PASSWORD}@{LOOPBACK}:{port}/{place}" for port in ports
        )

    def start_again(self, node: int) -> None:
        """Starts a killed or stopped node; returns when it takes connections, and sees all."""
        if isinstance(self._all, RabbitCluster):
            self._all.start_again(node)
        else:
            self._all.start_again()

    def move_leaders(self, node: int) -> None:
        """Has a node lead every quorum queue; BrokerError where it does not come to that."""
        if not isinstance(self._all, RabbitCluster):
            raise BrokerError("one node leads all the time")
        self._all.move_leaders(self.host.name, node)

    def cut_off(self, node: int) -> None:
        """Parts a node from the others until it is started again; its clients stay."""
        if not isinstance(self._all, RabbitCluster):
            raise BrokerError("one node has no others")
        self._all.cut_off(node)

    def stand_still(self, queue: str, *, on: bool) -> None:
        """A quorum queue hears nothing, as on a node that hangs, or hears again."""
        if not isinstance(self._all, RabbitNode):
            raise BrokerError("its leader may be at another node when it is to hear again")
        tell_leaders(self._all, self.host.name, [queue], "suspend" if on else "resume")

    def alarm(self, *, on: bool) -> None:
        """The memory alarm of one node, which blocks publishers on all, or its end."""
        if isinstance(self._all, RabbitCluster):
            self._all.alarm(on=on)
        else:
            self._all.set_memory_alarm(on=on)

    def permit_relays(
        self, *, configure: str = EVERYTHING, write: str = EVERYTHING, read: str = EVERYTHING
    ) -> None:
        """Changes what the relays may do; new channels of theirs notice."""
        body = {"configure": configure, "write": write, "read": read}
        self._all.api.put("permissions", self.host.name, self.relay_user, body=body)

    def deny_key(self, exchange: str, key: str | None) -> None:
        """The relays may not publish with this key to an exchange (None: with all again)."""
        place = ("topic-permissions", self.host.name, self.relay_user)
        if key is None:
            self._all.api.delete(*place)
        else:
            body = {"exchange": exchange, "write": f"^(?!{key}$)", "read": EVERYTHING}
            self._all.api.put(*place, body=body)

    def close_connections(self, *, relays_only: bool) -> int:
        """Closes the connections of the run that there were a second ago; how many."""
        api = self._all.api
        rows = api.get("vhosts", self.host.name, "connections") or []
        names = [row["name"] for row in rows if not relays_only or row["user"] == self.relay_user]
        for name in names:
            api.delete("connections", name)
        return len(names)

    def queues(self) -> Mapping[str, Queue]:
        """Every queue of the run, as it was a moment ago."""
        return self.host.queues()

    def settle(self) -> None:
        """Has what was declared lately survive a kill (see RabbitNode.settle)."""
        self._all.settle()


def surely(action: Callable[[], object], within_seconds: float = SURELY_SECONDS) -> None:
    """Does it as soon as the broker lets it; blocks; the last error when the time is over.

    For what must be put right: a node that comes up refuses for a while.
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
