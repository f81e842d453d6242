"""Traces of a real relay: what reaches a collector, the API and the producer."""

import re
from collections.abc import Iterator

import pytest

from tests.app.conftest import RunRelay
from tests.edges.tracing.receiver import Receiver, Seen
from tests.standin import RequestIdIs
from tests.standin.faults import Status

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A collector."""
    with Receiver() as running:
        yield running


async def test_x(run_relay: RunRelay, receiver: Receiver) -> None:
    """x"""
    async with run_relay(TRACES__ENDPOINT=receiver.url) as running:
        await running.producer.send("o-1", correlation_id="c-1", headers={"traceparent": TRACEPARENT})
        await running.producer.reply("o-1")
        await running.producer.send("o-2")
        await running.producer.reply("o-2")
        print(running.producer.replies["o-2"][0].headers)
        running.relay.process.terminate()
        assert await running.relay.exit_code() == 0
        for r in running.api.requests: print(r)
        for s in receiver.spans: print(s)
        print("\n".join(running.relay.raw))
    assert 0
