"""The rights that are needed, and that asking for them changes nothing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aio_pika.abc import AbstractConnection

from service.core.rights import (
    Access,
    Answer,
    Right,
    Thing,
    beyond,
    lacking,
    to_consume,
    to_declare,
    to_publish,
    to_rescue,
    to_share,
)
from service.core.topology import build_whole_topology
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.edges.amqp.rights import ask, refused
from service.flow.events.labels import ConnectionName
from tests.edges.amqp.crash import declared
from tests.world.broker.vhost import VirtualHost

WHOLE = build_whole_topology("orders", (1,))
REPLIES = Right(Access.WRITE, Thing.EXCHANGE, "orders.replies")
REQUESTS = Right(Access.READ, Thing.QUEUE, "orders.requests")
NEEDED = (*to_publish(WHOLE), *to_consume(WHOLE), *to_share(WHOLE), *to_rescue(WHOLE))
EVERY = (*NEEDED, *to_declare(WHOLE))


def test_what_is_needed_for_what() -> None:
    """The least, an entity each."""
    assert list(map(str, NEEDED)) == [
        "write exchange orders.replies",
        "write exchange orders.retry",
        "write exchange orders.parked",
        "read queue orders.requests",
        "write exchange orders.peers",
        "read queue orders.peers",
        "write exchange orders.unrouted",
    ]
    assert list(map(str, beyond(WHOLE))) == [
        "write exchange orders",
        "read queue orders.parked",
        "read queue orders.unrouted",
        "read queue orders.retry.1",
    ]
    configured = to_declare(WHOLE)
    things = len(WHOLE.exchanges) + len(WHOLE.queues) + len(WHOLE.bindings)
    assert len(configured) == things + 1
    assert str(configured[0]) == "configure exchange orders"
    assert list(map(str, configured[-2:])) == [
        "bind queue orders.peers (write) to exchange orders.peers (read)",
        "write exchange amq.default",
    ]


def test_a_refusal_says_what_is_missing_and_what_to_do() -> None:
    """Each right by its name."""
    assert lacking([REPLIES, REQUESTS]) == (
        "the user may not write exchange orders.replies, read queue orders.requests; "
        "see rabbitmqctl set_permissions and the README"
    )
    assert lacking([replace(REPLIES, key="order.accepted")]) == (
        "the user may not write exchange orders.replies with the key order.accepted; "
        "see rabbitmqctl set_topic_permissions and the README"
    )


@asynccontextmanager
async def _connected(broker: Broker) -> AsyncIterator[AbstractConnection]:
    connection, _ = await broker.connect(ConnectionName.PUBLISH)
    try:
        yield connection
    finally:
        await brokers.close(connection)


@pytest.fixture
async def whole(vhost: VirtualHost) -> VirtualHost:
    """The stream stands, too."""
    await declared(vhost.url, WHOLE)
    return vhost


@pytest.fixture
def impersonator(whole: VirtualHost) -> Iterator[Broker]:
    """One who may publish in anybody's name."""
    user = f"{whole.user}-as-anybody"
    whole.node.add_user(user, "secret", tags="impersonator")
    try:
        whole.node.set_permissions(user, whole.name)
        yield Broker([whole.node.amqp_url(user, "secret", whole.name)])
    finally:
        whole.node.delete_user(user)


def _counts(vhost: VirtualHost) -> dict[str, int]:
    return {name: queue.messages for name, queue in vhost.queues().items()}


async def test_all_rights_are_granted_and_nothing_happens(
    whole: VirtualHost, broker: Broker
) -> None:
    """No message, no queue and no exchange more than before."""
    before, bound = _counts(whole), whole.node.api.get("bindings", whole.name)
    async with _connected(broker) as connection:
        assert {await ask(connection, right) for right in EVERY} == {Answer.GRANTED}
        assert await refused(connection, EVERY) == []
    assert _counts(whole) == before
    assert whole.node.api.get("bindings", whole.name) == bound


async def test_nothing_happens_in_the_name_of_an_impersonator(
    whole: VirtualHost, impersonator: Broker
) -> None:
    """Whom the broker lets say that it is another."""
    async with _connected(impersonator) as connection:
        assert await refused(connection, EVERY) == []
    for queue in ("orders.unrouted", "orders.parked", "orders.requests"):
        assert await whole.drain(queue) == []


async def test_each_right_is_refused_alone(whole: VirtualHost, broker: Broker) -> None:
    """By its name, and by what one wants to do."""
    whole.set_permissions(
        configure=r"^orders\.retry$", write=r"^orders\.(retry|parked)$", read="^$"
    )
    async with _connected(broker) as connection:
        lacked = await refused(connection, EVERY)
    granted = sorted(str(right) for right in EVERY if right not in lacked)
    assert granted == [
        "configure exchange orders.retry",
        "write exchange orders.parked",
        "write exchange orders.retry",
    ]


@pytest.mark.parametrize(
    ("keys", "lacked"),
    [("accepted", []), ("rejected", ["write exchange orders.replies with the key order.accepted"])],
)
async def test_the_right_to_the_replies_key_is_asked_for_too(
    whole: VirtualHost, broker: Broker, keys: str, lacked: list[str]
) -> None:
    """It can be taken away alone, and then the broker would close the channel of each reply."""
    rights = {"exchange": "orders.replies", "write": rf"^order\.{keys}$", "read": ""}
    whole.node.api.put("topic-permissions", whole.name, whole.user, body=rights)
    async with _connected(broker) as connection:
        assert list(map(str, await refused(connection, to_publish(WHOLE)))) == lacked
    assert await whole.drain("orders.unrouted") == []


BOUND = "bind queue orders.requests (write) to exchange orders (read) with the key order.request"


@pytest.mark.parametrize(("keys", "lacked"), [("request", []), ("gone", [BOUND])])
async def test_the_right_to_bind_is_asked_for_with_the_bindings_key(
    whole: VirtualHost, broker: Broker, keys: str, lacked: list[str]
) -> None:
    """Who may bind no other key may declare all that is needed."""
    rights = {"exchange": "orders", "write": "^$", "read": rf"^order\.{keys}$"}
    whole.node.api.put("topic-permissions", whole.name, whole.user, body=rights)
    async with _connected(broker) as connection:
        assert list(map(str, await refused(connection, to_declare(WHOLE)))) == lacked


async def test_what_is_not_there_is_missing(empty_vhost: VirtualHost) -> None:
    """And asking to configure it does not make it."""
    async with _connected(Broker([empty_vhost.url])) as connection:
        assert await ask(connection, REPLIES) is Answer.MISSING
        assert await ask(connection, REQUESTS) is Answer.MISSING
        for right in to_declare(WHOLE):
            told = await ask(connection, right)
            assert told is Answer.GRANTED or right.access is Access.BIND
    assert empty_vhost.queues() == {}
    rows = empty_vhost.node.api.get("exchanges", empty_vhost.name)
    assert not [row for row in rows if row["name"].startswith("orders")]
