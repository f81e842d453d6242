"""A cluster of private nodes on this machine, each on ports of its own."""

import secrets
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from tests.world.broker.config import Ports
from tests.world.broker.errors import BrokerError
from tests.world.broker.find import Container, Installed, Missing, Say, find_rabbitmq
from tests.world.broker.management import ManagementApi, Queue
from tests.world.broker.native import Membership, NativeRunner, epmd_command, new_name, start_keeper
from tests.world.broker.node import RabbitNode, wait_until
from tests.world.broker.ports import accepts, free_ports
from tests.world.broker.trying import HTTP_FAILURES
from tests.world.broker.vhost import VirtualHost

NODES = 3
FORMED_SECONDS = 180.0
LED_SECONDS = 40.0
UP_SECONDS = 60.0
MOVES = 4


class RabbitCluster:
    """Nodes that know each other; what is asked of all is asked of one that runs."""

    def __init__(
        self,
        nodes: Sequence[RabbitNode],
        names: Sequence[str],
        mapper: "subprocess.Popen[bytes]",
    ) -> None:
        self.nodes = nodes
        self.names = names
        self._mapper = mapper

    @classmethod
    def start(
        cls,
        directory: Path,
        *,
        found: Installed | Container | Missing | None = None,
        say: Say = lambda _line: None,
    ) -> Self:
        """A cluster whose nodes all see each other; BrokerError where only a container is found."""
        source = found or find_rabbitmq()
        if not isinstance(source, Installed):
            message = f"a cluster needs an installed RabbitMQ; there is {source}"
            raise BrokerError(message)
        (port,) = free_ports(1)
        # The keeper needs something to keep beside the mapper, which ends only by its signal.
        epmd = epmd_command(source, port)
        mapper = start_keeper(epmd, port, ["sleep", "infinity"])
        wait_until(lambda: accepts(port), "epmd accepts", 30.0)
        names = tuple(new_name() for _ in range(NODES))
        membership = Membership(secrets.token_hex(16), port, names)
        nodes = []
        for name in names:
            ports = Ports.free()
            folder = directory.resolve()
            runner = NativeRunner(
                source, folder, ports, None, management=True, name=name, membership=membership
            )
            nodes.append(RabbitNode(runner, ports, tls=False, management=True))
        cluster = cls(nodes, names, mapper)
        say(f"starting {NODES} nodes of {source}")
        try:
            cluster._each(RabbitNode.start_again)
            cluster.until_formed()
        except BaseException:
            cluster.close()
            raise
        return cluster

    @property
    def ports(self) -> Sequence[int]:
        """The AMQP port of each node, in its order."""
        return tuple(node.amqp_port for node in self.nodes)

    @property
    def api(self) -> ManagementApi:
        """The management API of a node that answers now."""
        for node in self.nodes:
            if node.is_running() and node.api.is_ready():
                return node.api
        raise BrokerError("no node of the cluster answers")

    @contextmanager
    def fresh_vhost(self) -> Iterator["ClusterHost"]:
        """A new virtual host with a user that may do everything in it; both are gone after.

        They stay where a node is away: each queue would be waited for that has a copy there.
        """
        with VirtualHost.fresh(self._running(), removed=self._is_whole) as host:
            wait_until(partial(self._has, host.name), f"every node has {host.name} up", UP_SECONDS)
            yield ClusterHost(self, host.name, host.user, host.password)

    def urls(self, user: str = "guest", password: str = "guest", vhost: str = "/") -> list[str]:
        """The AMQP URL of each node, in its order."""
        return [node.amqp_url(user, password, vhost) for node in self.nodes]

    def start_again(self, node: int) -> None:
        """Starts a node that was stopped or killed; returns when all see each other again."""
        self.nodes[node].start_again()
        self.until_formed()

    def cut_off(self, node: int) -> None:
        """Parts a node from the others for good, while its clients stay; a new start ends it."""
        others = [name for name in self.names if name != self.names[node]]
        # Only here: with the same wrong secret on both sides they would meet again.
        wrong = [f"erlang:set_cookie('{other}', cut_off)" for other in others]
        # All at once: of a first loss alone the node would tell the others, who then leave each
        # other, too (`prevent_overlapping_partitions`).
        parted = [f"erlang:disconnect_node('{other}')" for other in others]
        self.nodes[node].ctl("eval", ", ".join([*wrong, *parted]) + ".")

    def alarm(self, *, on: bool) -> None:
        """Raises the memory alarm of one node, which blocks publishers on all, or ends it."""
        self._running().set_memory_alarm(on=on)

    def settle(self) -> None:
        """Has what was declared lately survive a kill; see RabbitNode.settle."""
        self._running().settle()

    def queues(self, vhost: str = "/") -> dict[str, Queue]:
        """Every queue of a virtual host by its name, as it was a moment ago."""
        return self.api.queues(vhost)

    def leaders(self, vhost: str) -> dict[str, int]:
        """The node that leads each quorum queue."""
        rows = self.api.get("queues", vhost) or []
        return {row["name"]: self.names.index(row["leader"]) for row in rows if row.get("leader")}

    def stream_leader(self, name: str) -> int:
        """The node that leads a stream of the default virtual host: the API shows that of none."""
        code = (
            f'{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"{name}">>)),'
            " node(amqqueue:get_pid(Q))."
        )
        return self.names.index(self._running().ctl("eval", code).strip().strip("'"))

    def members(self, vhost: str) -> dict[str, int]:
        """How many nodes have a copy of each quorum queue."""
        rows = self.api.get("queues", vhost) or []
        return {row["name"]: len(row["members"]) for row in rows if "members" in row}

    def move_leaders(self, vhost: str, node: int) -> None:
        """Returns when a node leads every quorum queue of a virtual host."""
        code = (
            f"Target = '{self.names[node]}',"
            "[spawn(fun() -> rabbit_quorum_queue:transfer_leadership(Q, Target) end)"
            f' || Q <- rabbit_amqqueue:list(<<"{vhost}">>),'
            " amqqueue:get_type(Q) =:= rabbit_quorum_queue,"
            " element(2, amqqueue:get_pid(Q)) =/= Target]."
        )

        def led() -> bool:
            leaders = self.leaders(vhost)
            return bool(leaders) and set(leaders.values()) == {node}

        # A copy that lags behind does not take over yet.
        for _ in range(MOVES):
            self._running().ctl("eval", code)
            with suppress(BrokerError):
                wait_until(led, f"node {node} leads", LED_SECONDS)
                return
        message = f"node {node} does not lead: {self.leaders(vhost)}"
        raise BrokerError(message)

    def until_formed(self) -> None:
        """Returns when every node sees all nodes run."""
        for number, node in enumerate(self.nodes):
            wait_until(partial(_sees_all, node), f"node {number} sees all", FORMED_SECONDS)

    def close(self) -> None:
        """Ends everything at once."""
        self._each(RabbitNode.close)
        self._mapper.communicate()

    def _has(self, vhost: str) -> bool:
        # Each node starts a virtual host for itself, and refuses a login until then.
        states = (self.api.get("vhosts", vhost) or {}).get("cluster_state", {})
        running = [
            name for name, node in zip(self.names, self.nodes, strict=True) if node.is_running()
        ]
        return all(states.get(name) == "running" for name in running)

    def _is_whole(self) -> bool:
        return all(node.is_running() for node in self.nodes)

    def _running(self) -> RabbitNode:
        return next(node for node in self.nodes if node.is_running())

    def _each(self, action: Callable[[RabbitNode], object]) -> None:
        with ThreadPoolExecutor(NODES) as pool:
            for done in [pool.submit(action, node) for node in self.nodes]:
                done.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class ClusterHost:
    """A virtual host that every node of a cluster serves."""

    cluster: RabbitCluster
    name: str
    user: str
    password: str

    @property
    def urls(self) -> list[str]:
        """The AMQP URL at each node, in their order."""
        return self.cluster.urls(self.user, self.password, self.name)

    @property
    def live_url(self) -> str:
        """The AMQP URL at a node that runs."""
        return self.urls[next(i for i, node in enumerate(self.cluster.nodes) if node.is_running())]

    def queues(self) -> dict[str, Queue]:
        """Every queue by its name, as it was a moment ago."""
        return self.cluster.queues(self.name)


def _sees_all(node: RabbitNode) -> bool:
    try:
        rows = node.api.get("nodes") or []
    except HTTP_FAILURES:
        return False
    return sum(bool(row.get("running")) for row in rows) == NODES
