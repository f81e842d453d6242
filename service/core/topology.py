"""The broker topology as data: what is declared, checked, and compared with what operators own."""

from collections.abc import Sequence
from dataclasses import field, replace

from service.core.record import record

DELIVERY_LIMIT = "x-delivery-limit"
NEVER_DROPPED = 1_000_000_000
"""A delivery limit that is never reached: from RabbitMQ 4.0 on, the default of 20 would drop a
parked message after it was looked at twenty times, and send an order that waits on early."""

REQUEST_DELIVERY_LIMIT = 50
REQUEST_ROUTING_KEY = "order.request"


@record(frozen=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    type: str
    arguments: dict[str, str] = field(default_factory=dict)


@record(frozen=True, slots=True)
class Queue:
    """A durable queue."""

    name: str
    arguments: dict[str, str | int] = field(default_factory=dict)


@record(frozen=True, slots=True)
class Binding:
    """From an exchange to a queue."""

    exchange: str
    queue: str
    routing_key: str


@record(frozen=True, slots=True)
class Topology:
    """What the relay needs at the broker, under one name space."""

    namespace: str
    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]

    @property
    def requests_queue(self) -> str:
        """Where requests are consumed from."""
        return f"{self.namespace}.requests"

    @property
    def retry_exchange(self) -> str:
        """Where orders go that wait for a retry."""
        return f"{self.namespace}.retry"

    @property
    def parked_exchange(self) -> str:
        """Where orders go that need a person."""
        return f"{self.namespace}.parked"

    @property
    def replies_exchange(self) -> str:
        """Where replies go."""
        return f"{self.namespace}.replies"

    @property
    def unrouted_exchange(self) -> str:
        """Where replies go that no queue is bound for, or whose queue does not take them."""
        return f"{self.namespace}.unrouted"

    @property
    def peers(self) -> str:
        """The exchange and the stream where replicas tell each other of the API's limits."""
        return f"{self.namespace}.peers"


def build_peers_topology(namespace: str) -> Topology:
    """The stream of the replicas, apart: without it orders are relayed all the same."""
    peers = f"{namespace}.peers"
    return Topology(
        namespace=namespace,
        exchanges=(Exchange(peers, "fanout"),),
        queues=(Queue(peers, _stream()),),
        bindings=(Binding(peers, peers, ""),),
    )


def build_topology(namespace: str, delays_seconds: Sequence[int]) -> Topology:
    """The topology of the contract, for `namespace` and the waiting tiers."""
    parked, unrouted = f"{namespace}.parked", f"{namespace}.unrouted"
    requests, retry = f"{namespace}.requests", f"{namespace}.retry"
    return Topology(
        namespace=namespace,
        exchanges=(
            Exchange(namespace, "topic"),
            Exchange(retry, "direct"),
            Exchange(parked, "fanout"),
            Exchange(unrouted, "fanout"),
            Exchange(f"{namespace}.replies", "topic", {"alternate-exchange": unrouted}),
        ),
        queues=(
            # The parked queue comes first: what is dead-lettered before it exists waits 3 minutes.
            Queue(parked, _quorum() | {DELIVERY_LIMIT: NEVER_DROPPED}),
            Queue(unrouted, _quorum() | {DELIVERY_LIMIT: NEVER_DROPPED}),
            Queue(requests, _requests_arguments(parked)),
            *(Queue(f"{retry}.{s}", _waiting_arguments(requests, s)) for s in delays_seconds),
        ),
        bindings=(
            Binding(parked, parked, ""),
            Binding(unrouted, unrouted, ""),
            Binding(namespace, requests, REQUEST_ROUTING_KEY),
            *(Binding(retry, f"{retry}.{s}", str(s)) for s in delays_seconds),
        ),
    )


def build_whole_topology(namespace: str, delays_seconds: Sequence[int]) -> Topology:
    """Both together, as an operator makes it; what orders need comes first."""
    orders, peers = build_topology(namespace, delays_seconds), build_peers_topology(namespace)
    return replace(
        orders,
        exchanges=orders.exchanges + peers.exchanges,
        queues=orders.queues + peers.queues,
        bindings=orders.bindings + peers.bindings,
    )


def _quorum() -> dict[str, str | int]:
    return {"x-queue-type": "quorum"}


def _stream() -> dict[str, str | int]:
    # Kept by whole segments: with the broker's own 500 MB it would be the history of weeks.
    return {
        "x-queue-type": "stream",
        "x-max-age": "1m",
        "x-stream-max-segment-size-bytes": 1_000_000,
    }


def _safe_dead_lettering() -> dict[str, str | int]:
    # Without reject-publish the broker falls back to at-most-once, and loses messages in a crash.
    return {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}


def _requests_arguments(parked: str) -> dict[str, str | int]:
    return {
        **_quorum(),
        **_safe_dead_lettering(),
        DELIVERY_LIMIT: REQUEST_DELIVERY_LIMIT,
        "x-dead-letter-exchange": parked,
    }


def _waiting_arguments(requests: str, seconds: int) -> dict[str, str | int]:
    return {
        **_quorum(),
        **_safe_dead_lettering(),
        DELIVERY_LIMIT: NEVER_DROPPED,
        "x-message-ttl": seconds * 1000,
        # Straight to the queue: no other queue bound to the orders exchange sees a retry.
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": requests,
    }
