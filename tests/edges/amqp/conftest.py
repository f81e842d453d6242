"""What the tests of the broker edge share."""

from collections.abc import AsyncIterator, Iterator

import pytest

from service.edges.amqp.broker import Broker
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import ORDERS
from tests.edges.amqp.proxied import through
from tests.edges.amqp.replicas import Start, starting
from tests.world.broker import RabbitNode, TlsFiles
from tests.world.broker.ports import LOOPBACK
from tests.world.broker.raw import RawPublisher
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Proxy


@pytest.fixture
async def vhost(vhost: VirtualHost) -> VirtualHost:
    """One where the topology stands: to make it may take a busy node more than one session.

    The edges under test declare it once more, and count their sessions.
    """
    await declared(vhost.url, ORDERS)
    return vhost


@pytest.fixture
def empty_vhost(rabbit_node: RabbitNode) -> Iterator[VirtualHost]:
    """One with nothing declared yet."""
    with VirtualHost.fresh(rabbit_node) as host:
        yield host


@pytest.fixture
def broker(vhost: VirtualHost) -> Broker:
    """The broker of this test."""
    return Broker([vhost.url], bounded=True)


@pytest.fixture
async def start(broker: Broker) -> AsyncIterator[Start]:
    """Start a replica."""
    async with starting(broker) as start:
        yield start


@pytest.fixture
async def proxy(vhost: VirtualHost) -> AsyncIterator[Proxy]:
    """The way to the broker."""
    async with Proxy(LOOPBACK, vhost.node.amqp_port) as proxy:
        yield proxy


@pytest.fixture
def far_broker(vhost: VirtualHost, proxy: Proxy) -> Broker:
    """The broker by way of the proxy."""
    return Broker([through(proxy, vhost.url)], bounded=True)


@pytest.fixture
def producer(vhost: VirtualHost) -> Iterator[RawPublisher]:
    """A producer that sends any bytes at all."""
    with RawPublisher(vhost.url) as producer:
        yield producer


@pytest.fixture
def shop(vhost: VirtualHost) -> Iterator[RawPublisher]:
    """A producer under a name of its own, who may only order."""
    user = f"{vhost.user}-shop"
    vhost.node.add_user(user, "secret")
    try:
        vhost.node.set_permissions(user, vhost.name, configure="", write="^orders$", read="")
        with RawPublisher(vhost.node.amqp_url(user, "secret", vhost.name)) as shop:
            yield shop
    finally:
        vhost.node.delete_user(user)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    """The authority of the spare node."""
    return TlsFiles.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def spare_node(
    tmp_path_factory: pytest.TempPathFactory, certificates: TlsFiles
) -> Iterator[RabbitNode]:
    """A second node, with TLS, which a test may kill and start again."""
    with RabbitNode.start(tmp_path_factory.mktemp("spare"), tls=certificates) as node:
        yield node
