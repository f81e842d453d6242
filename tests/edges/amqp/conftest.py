"""What the tests of the broker edge share."""

import pytest

from service.edges.amqp.broker import Broker
from tests.broker.vhost import VirtualHost


@pytest.fixture
def broker(vhost: VirtualHost) -> Broker:
    """The broker of this test, with nothing declared yet."""
    return Broker([vhost.url])
