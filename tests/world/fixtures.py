"""The whole program on real parts: a broker, the stand-in API, a relay process, a producer."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from coverage import Coverage

from tests.world.broker.vhost import VirtualHost
from tests.world.producer import Producer
from tests.world.relay_process import KEY, RelayProcess
from tests.world.standin import Options, StandIn


@dataclass(frozen=True)
class Running:
    """A relay that consumes, and what is around it."""

    relay: RelayProcess
    producer: Producer
    api: StandIn
    vhost: VirtualHost


RunRelay = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def uncovered() -> Iterator[None]:
    """Minutes of simulated time take three times as long where each line is counted."""
    measuring = Coverage.current()
    if measuring is not None:
        measuring.stop()
    yield
    if measuring is not None:
        measuring.start()


@pytest.fixture
async def api() -> AsyncIterator[StandIn]:
    """The stand-in of the order API."""
    async with StandIn(Options(keys=frozenset({KEY}))) as standin:
        yield standin


@pytest.fixture
def settings(vhost: VirtualHost, api: StandIn) -> dict[str, Any]:
    """Settings that fit together; tests add to them."""
    return {"AMQP__URL": vhost.url, "API__URL": api.url, "API__KEY": KEY}


@pytest.fixture
def quick_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans leave at once, as the SDK's own variables say."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")


@pytest.fixture
def run_relay(vhost: VirtualHost, api: StandIn, settings: dict[str, Any]) -> RunRelay:
    """Start a relay with more settings; the block begins when it consumes."""

    @asynccontextmanager
    async def start(*, code: str | None = None, **more: object) -> AsyncIterator[Running]:
        async with RelayProcess.start(settings | more, code=code) as relay:
            await relay.event("consuming")
            async with Producer.connect(vhost.url) as producer:
                yield Running(relay, producer, api, vhost)

    return start
