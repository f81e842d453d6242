"""The image with the extra `otel`, and what the one without it says of an endpoint."""

import signal
from typing import Any

import pytest

from tests.shipping.image.container import Container, output, running
from tests.shipping.image.test_running import strict
from tests.world.fixtures import api, settings

__all__ = ["api", "settings", "strict"]

pytestmark = pytest.mark.timeout(300)

NOBODY = {"TRACES__ENDPOINT": "http://127.0.0.1:9"}


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
