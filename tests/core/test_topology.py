"""The topology: exactly the contract's table, as data."""

from service.core.topology import (
    Binding,
    Exchange,
    Queue,
    build_peers_topology,
    build_topology,
    build_whole_topology,
)

QUORUM = {"x-queue-type": "quorum"}
SAFE = {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
UNDROPPED = {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000_000}


def waiting(milliseconds: int) -> dict[str, str | int]:
    """The arguments of a queue that orders wait in."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": 1_000_000_000,
        "x-message-ttl": milliseconds,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "orders.requests",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


TOPOLOGY = build_topology("orders", (1, 30, 3600))


def test_the_exchanges() -> None:
    """Requests and replies by topic, waits by key, what people look at by fanout."""
    assert sorted(TOPOLOGY.exchanges, key=lambda exchange: exchange.name) == [
        Exchange("orders", "topic", {}),
        Exchange("orders.parked", "fanout", {}),
        Exchange("orders.replies", "topic", {"alternate-exchange": "orders.unrouted"}),
        Exchange("orders.retry", "direct", {}),
        Exchange("orders.unrouted", "fanout", {}),
    ]


def test_the_queues() -> None:
    """All quorum; none loses a message on its way to the next, and parked ones never expire."""
    assert {queue.name: queue.arguments for queue in TOPOLOGY.queues} == {
        "orders.requests": {
            "x-queue-type": "quorum",
            "x-delivery-limit": 50,
            "x-dead-letter-exchange": "orders.parked",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
        "orders.retry.1": waiting(1_000),
        "orders.retry.30": waiting(30_000),
        "orders.retry.3600": waiting(3_600_000),
        "orders.parked": UNDROPPED,
        "orders.unrouted": UNDROPPED,
    }


def test_the_bindings() -> None:
    """Producers' key, the delay in seconds, and the fanouts; nothing sees a retry but its queue."""
    assert set(TOPOLOGY.bindings) == {
        Binding("orders", "orders.requests", "order.request"),
        Binding("orders.retry", "orders.retry.1", "1"),
        Binding("orders.retry", "orders.retry.30", "30"),
        Binding("orders.retry", "orders.retry.3600", "3600"),
        Binding("orders.parked", "orders.parked", ""),
        Binding("orders.unrouted", "orders.unrouted", ""),
    }


def test_the_stream_of_the_replicas() -> None:
    """Apart from the rest, which must stand without it; short, for only the last minute counts."""
    peers = build_peers_topology("orders")
    assert peers.exchanges == (Exchange("orders.peers", "fanout"),)
    assert peers.bindings == (Binding("orders.peers", "orders.peers", ""),)
    arguments: dict[str, str | int] = {
        "x-queue-type": "stream",
        "x-max-age": "1m",
        "x-stream-max-segment-size-bytes": 1_000_000,
    }
    assert peers.queues == (Queue("orders.peers", arguments),)
    whole = build_whole_topology("orders", (1, 30, 3600))
    assert whole.exchanges == (*TOPOLOGY.exchanges, *peers.exchanges)
    assert whole.queues == (*TOPOLOGY.queues, *peers.queues)
    assert whole.bindings == (*TOPOLOGY.bindings, *peers.bindings)


def test_what_dead_letters_are_sent_to_stands_first() -> None:
    """A hop that finds no route is tried again only after three minutes."""
    names = [queue.name for queue in TOPOLOGY.queues]
    assert names.index("orders.parked") < names.index("orders.requests")
    assert names.index("orders.requests") < names.index("orders.retry.1")


def test_the_names_that_the_relay_uses() -> None:
    """Where it consumes, and where it publishes to."""
    assert TOPOLOGY.requests_queue == "orders.requests"
    assert TOPOLOGY.retry_exchange == "orders.retry"
    assert TOPOLOGY.parked_exchange == "orders.parked"
    assert TOPOLOGY.replies_exchange == "orders.replies"
    assert TOPOLOGY.peers == "orders.peers"


def test_another_name_space_shares_nothing() -> None:
    """Two relays on one broker, under two names, do not meet."""
    other = build_whole_topology("shop", (1,))
    names = {queue.name for queue in other.queues} | {entry.name for entry in other.exchanges}
    assert all(name == "shop" or name.startswith("shop.") for name in names)
    assert "orders" not in repr(other)


def test_a_queue_without_arguments_has_none() -> None:
    """Declarations start from nothing."""
    assert (Queue("q").arguments, Exchange("e", "topic").arguments) == ({}, {})
