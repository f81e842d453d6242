"""What a collector, or the lack of one, does to a real relay: nothing to its orders."""

import asyncio
import sys
from typing import Any

import pytest

from service.app.loading import load
from service.app.sources import BadSettingsError
from service.app.traces import load as load_traces
from service.app.traces import start
from tests.edges.tracing.receiver import Receiver
from tests.world.broker.ports import free_ports
from tests.world.fixtures import Running, RunRelay
from tests.world.relay_process import KEY, environment

SOON_SECONDS = 25.0
"""For an end that must not wait for a collector; the SDK alone would wait for half a minute."""

pytestmark = pytest.mark.usefixtures("quick_spans")


async def _orders_are_served(running: Running) -> None:
    for number in range(30):
        await running.producer.send(f"o-{number}")
    for number in range(30):
        assert (await running.producer.reply(f"o-{number}"))["status"] == "accepted"


async def test_a_collector_that_hangs_holds_up_neither_orders_nor_the_end(
    run_relay: RunRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever time the SDK would give it."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600")
    with Receiver(hangs=True) as collector:
        async with run_relay(TRACES__ENDPOINT=collector.url) as running:
            await _orders_are_served(running)
            await asyncio.to_thread(collector.until_asked)
            running.relay.process.terminate()
            assert await running.relay.exit_code(SOON_SECONDS) == 0


async def test_a_collector_that_is_away_costs_no_order_and_one_line(
    run_relay: RunRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many batches are lost."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
    endpoint = f"http://127.0.0.1:{free_ports(1)[0]}"
    async with run_relay(TRACES__ENDPOINT=endpoint) as running:
        await _orders_are_served(running)
        await running.relay.event("traces are lost")
        await _orders_are_served(running)
        running.relay.process.terminate()
        assert await running.relay.exit_code(SOON_SECONDS) == 0
    loud = [line for line in running.relay.lines if line["level"] not in ("debug", "info")]
    assert [(line["event"], line["reason"]) for line in loud] == [
        ("traces are lost", "ConnectionError")
    ]


async def _ended(code: str, *arguments: str, **settings: object) -> tuple[int, str]:
    """Exit code and output of a Python that runs `code`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        *arguments,
        env=environment(**settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, output.decode()


_WITHOUT_THE_EXTRA = """
import sys
sys.modules["opentelemetry"] = None
from service.commands.cli import main
main()
"""


async def test_an_endpoint_without_the_extra_is_a_bad_setting() -> None:
    """It is said what to install."""
    settings: dict[str, Any] = {"API__KEY": KEY, "TRACES__ENDPOINT": "http://collector:4318"}
    code, said = await _ended(_WITHOUT_THE_EXTRA, "run", **settings)
    assert code == 78
    assert "ORDER_RELAY_TRACES__ENDPOINT was 'http://collector:4318'" in said
    assert "pip install 'order-relay[otel]'" in said


def test_what_the_sdk_cannot_use_is_a_bad_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Named, and not shown."""
    monkeypatch.setenv("ORDER_RELAY_API__KEY", KEY)
    monkeypatch.setenv("ORDER_RELAY_TRACES__ENDPOINT", "http://collector:4318")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "-1")
    settings = load().settings
    with pytest.raises(BadSettingsError) as caught:
        start(load_traces(settings), settings, lambda _: None)
    words = "OTEL_*: the OpenTelemetry SDK cannot use its settings (ValueError)"
    assert caught.value.problems == [words]
