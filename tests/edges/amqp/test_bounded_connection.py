"""A connection that could not be made leaves nothing to be closed."""

import asyncio
import gc
import logging
import warnings

import aio_pika
import pytest

from service.edges.amqp.bounded import BoundedConnection
from tests.world.broker.ports import free_ports


async def _refused(port: int) -> aio_pika.exceptions.AMQPConnectionError | None:
    url = f"amqp://guest:guest@127.0.0.1:{port}/"
    try:
        await aio_pika.connect(url, connection_class=BoundedConnection)
    except aio_pika.exceptions.AMQPConnectionError as refused:
        # Its traceback keeps the connection.
        return refused
    return None


def test_one_that_was_refused_is_collected_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    """Also where no loop runs, as between two steps of a test."""
    # A record of the log would keep the error, and that the connection.
    caplog.set_level(logging.CRITICAL, "aiormq.connection")
    with warnings.catch_warnings(record=True) as seen, asyncio.Runner() as runner:
        warnings.simplefilter("always")
        refused = runner.run(_refused(free_ports(1)[0]))
        asyncio.set_event_loop(None)
        was_refused = refused is not None
        del refused
        gc.collect()
    assert was_refused
    assert [str(warning.message) for warning in seen] == []
