"""What the tests of the broker edge share."""

from collections.abc import Iterator

import pytest

from service.edges.amqp.broker import Broker
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import ORDERS
from tests.world.broker import RabbitNode, TlsFiles
from tests.world.broker.vhost import VirtualHost


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
    return Broker([vhost.url])


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
