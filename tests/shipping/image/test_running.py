"""The image at work: on a real broker and the stand-in API, as strictly as a cluster may run it."""

import signal
from typing import Any

import pytest

from tests.shipping.image.container import Container, output, running
from tests.world import admin
from tests.world.broker.vhost import VirtualHost
from tests.world.fixtures import api, settings
from tests.world.producer import Producer
from tests.world.relay_process import KEY
from tests.world.standin import RequestIdIs, StandIn
from tests.world.standin.faults import Delay

__all__ = ["api", "settings"]

pytestmark = pytest.mark.timeout(300)

ORDERS = 50
NOBODY = {"TRACES__ENDPOINT": "http://127.0.0.1:9"}


@pytest.fixture
def strict(container: Container, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a relay whose admin port is free on this machine."""
    return settings | {"ADMIN__HOST": "127.0.0.1", "ADMIN__PORT": 0}


async def test_orders_flow_and_sigterm_drains(
    container: Container, strict: dict[str, Any], vhost: VirtualHost, api: StandIn
) -> None:
    """Every order is answered; one in flight at SIGTERM is too, and the exit code is 0."""
    async with running(container, strict) as relay:
        await relay.until(lambda line: line.get("event") == "consuming", timeout_seconds=120)
        async with Producer.connect(vhost.url) as producer:
            for number in range(ORDERS):
                await producer.send(f"o-{number}")
            for number in range(ORDERS):
                answer = await producer.reply(f"o-{number}", timeout_seconds=60)
                assert answer["status"] == "accepted"
            assert await admin.ready(relay) == (200, [])
            api.faults.add(Delay(seconds=1.0), RequestIdIs(request_id="last"))
            await producer.send("last")
            await api.in_flight(1)
            relay.process.send_signal(signal.SIGTERM)
            assert (await producer.reply("last", timeout_seconds=60))["status"] == "accepted"
            assert await relay.exit_code(60) == 0
        assert (await relay.event("stopped"))["left"] == 0
    assert await vhost.ready("orders.requests") == 0


async def test_bad_settings_end_with_78(container: Container) -> None:
    """The exit code of the program is that of the container, and the reason is in its output."""
    code, said = await output(container.command())
    assert code == 78
    assert "ORDER_RELAY_API__KEY" in said


async def test_other_commands_are_arguments(container: Container, strict: dict[str, Any]) -> None:
    """The chart's jobs run `topology` and `config` of the same image; no secret is printed."""
    code, said = await output(container.command("topology", settings=strict))
    assert code == 0, said
    code, said = await output(container.command("config", settings=strict))
    assert code == 0, said
    assert "ORDER_RELAY_API__URL" in said
    assert KEY not in said


async def test_a_sandbox_answers_a_producer(container: Container, vhost: VirtualHost) -> None:
    """Both from the image, with nothing but the broker's URL."""
    settings = {"AMQP__URL": vhost.url, "LOG__FORMAT": "json"}
    order = ["--service=7", "--link=https://example.com/p/1", "--quantity=100"]
    async with running(container, settings, "sandbox") as sandbox:
        await sandbox.until(lambda line: line.get("event") == "consuming", timeout_seconds=120)
        send = container.command("send", "--namespace=sandbox", *order, settings=settings)
        code, said = await output(send)
        assert (code, '"status": "accepted"' in said) == (0, True), said
        sandbox.process.send_signal(signal.SIGTERM)
        assert await sandbox.exit_code(60) == 0


async def test_without_the_extra_an_endpoint_is_a_bad_setting(
    container: Container, strict: dict[str, Any]
) -> None:
    """It says what to install, and orders are not taken without the traces that were asked for."""
    code, said = await output(container.command(settings=strict | NOBODY))
    assert code == 78
    assert "traces need the extra otel" in said


async def test_with_the_extra_it_runs_read_only(
    tracing_container: Container, strict: dict[str, Any]
) -> None:
    """A collector that is away holds up neither its start nor its end."""
    async with running(tracing_container, strict | NOBODY) as relay:
        await relay.until(lambda line: line.get("event") == "consuming", timeout_seconds=120)
        relay.process.send_signal(signal.SIGTERM)
        assert await relay.exit_code(60) == 0
