"""Recorded runs of real relays, for all tests that read their lines."""

import asyncio

import pytest

from tests.edges.telemetry.conftest import open_log
from tests.shipping.dashboards.conftest import sampled
from tests.shipping.logs.fates import Recording, record_each
from tests.world.broker.node import RabbitNode
from tests.world.broker.vhost import VirtualHost

__all__ = ["open_log", "recording", "recordings", "sampled", "usual_recording"]


@pytest.fixture(scope="session")
def recordings(rabbit_node: RabbitNode) -> dict[str, Recording]:
    """Two relays side by side that met every fate, by their log level."""
    with VirtualHost.fresh(rabbit_node) as one, VirtualHost.fresh(rabbit_node) as other:
        return asyncio.run(record_each({"debug": one, "info": other}))


@pytest.fixture
def recording(recordings: dict[str, Recording]) -> Recording:
    """Of the relay that said all that it can."""
    return recordings["debug"]


@pytest.fixture
def usual_recording(recordings: dict[str, Recording]) -> Recording:
    """Of the one that said what it usually does."""
    return recordings["info"]
