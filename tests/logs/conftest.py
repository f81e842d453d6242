"""One recorded run of a real relay, for all tests that read its lines."""

import asyncio

import pytest

from tests.broker.node import RabbitNode
from tests.broker.vhost import VirtualHost
from tests.edges.telemetry.conftest import open_log
from tests.logs.fates import Recording, record

__all__ = ["open_log", "recording"]


@pytest.fixture(scope="session")
def recording(rabbit_node: RabbitNode) -> Recording:
    """A relay that met every fate, and that said all that it can."""
    with VirtualHost.fresh(rabbit_node) as vhost:
        return asyncio.run(record(vhost, LOG__LEVEL="debug"))
