"""What the tests of the broker edge share."""

from collections.abc import Iterator

import pytest

from service.edges.amqp.broker import Broker
from tests.broker import RabbitNode, TlsFiles
from tests.broker.vhost import VirtualHost


@pytest.fixture
def broker(vhost: VirtualHost) -> Broker:
    """The broker of this test, with nothing declared yet."""
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
