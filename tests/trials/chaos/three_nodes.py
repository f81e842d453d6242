"""A cluster of three as the broker of a run: one node may be away, and service goes on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from tests.trials.chaos.brokers import EVERYTHING, RELAY_PASSWORD
from tests.world.broker import Queue
from tests.world.broker.cluster import ClusterHost, RabbitCluster
from tests.world.broker.ports import LOOPBACK


@dataclass(frozen=True)
class ThreeNodes:
    """A virtual host of a cluster, with a user of their own for the relays."""

    host: ClusterHost

    @classmethod
    @contextmanager
    def prepare(cls, host: ClusterHost) -> Iterator["ThreeNodes"]:
        """The broker with a user for the relays, who is gone after."""
        broker = cls(host)
        body = {"password": RELAY_PASSWORD, "tags": ""}
        host.cluster.api.put("users", broker.relay_user, body=body)
        try:
            broker.permit_relays()
            yield broker
        finally:
            host.cluster.api.delete("users", broker.relay_user)

    @property
    def relay_user(self) -> str:
        """The relays' user."""
        return f"relay-{self.host.name}"

    @property
    def _cluster(self) -> RabbitCluster:
        return self.host.cluster

    @property
    def ports(self) -> Sequence[int]:
        """Of the three nodes."""
        return self._cluster.ports

    @property
    def urls(self) -> Sequence[str]:
        """The virtual host's own, at each node."""
        return self.host.urls

    def relay_url(self, ports: Sequence[int]) -> str:
        """One URL for each port."""
        place = quote(self.host.name, safe="")
        return ",".join(
            f"amqp://{self.relay_user}:{RELAY_PASSWORD}@{LOOPBACK}:{port}/{place}" for port in ports
        )

    def kill(self, node: int) -> None:
        """As a crash would."""
        self._cluster.kill(node)

    def stop(self, node: int) -> None:
        """By SIGTERM."""
        self._cluster.stop(node)

    def start_again(self, node: int) -> None:
        """Returns when the three see each other."""
        self._cluster.start_again(node)

    def freeze(self, node: int) -> None:
        """By SIGSTOP."""
        self._cluster.freeze(node)

    def thaw(self, node: int) -> None:
        """By SIGCONT."""
        self._cluster.thaw(node)

    def move_leaders(self, node: int) -> None:
        """Of all queues of the virtual host."""
        self._cluster.move_leaders(self.host.name, node)

    def alarm(self, *, on: bool) -> None:
        """The memory alarm of one node, which blocks publishers on all."""
        self._cluster.alarm(on=on)

    def permit_relays(
        self, *, configure: str = EVERYTHING, write: str = EVERYTHING, read: str = EVERYTHING
    ) -> None:
        """By the management API."""
        body = {"configure": configure, "write": write, "read": read}
        self._cluster.api.put("permissions", self.host.name, self.relay_user, body=body)

    def close_connections(self, *, relays_only: bool) -> int:
        """By the management API, which knows those of a second ago."""
        api = self._cluster.api
        rows = api.get("vhosts", self.host.name, "connections") or []
        names = [row["name"] for row in rows if not relays_only or row["user"] == self.relay_user]
        for name in names:
            api.delete("connections", name)
        return len(names)

    def queues(self) -> Mapping[str, Queue]:
        """By the management API."""
        return self.host.queues()

    def settle(self) -> None:
        """By writing all tables of the nodes that run."""
        self._cluster.settle()
