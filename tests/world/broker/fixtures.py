"""The fixtures that need a broker: one node a session, one virtual host a test."""

from collections.abc import Iterator

import pytest

from tests.world.broker.node import RabbitNode
from tests.world.broker.vhost import VirtualHost


@pytest.fixture(scope="session")
def rabbit_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    """The node of this session; it is nobody else's."""
    with RabbitNode.start(tmp_path_factory.mktemp("rabbitmq")) as node:
        yield node


@pytest.fixture
def vhost(rabbit_node: RabbitNode) -> Iterator[VirtualHost]:
    """A new virtual host with a user that has all rights in it."""
    with VirtualHost.fresh(rabbit_node) as host:
        yield host
