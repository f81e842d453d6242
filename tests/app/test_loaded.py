"""What `order-relay run` loads: each package and room more is time until the first order."""

import sys
from typing import Any

import pytest

from tests.world.broker.vhost import VirtualHost
from tests.world.relay_process import KEY, RelayProcess
from tests.world.standin import StandIn

PACKAGES = {
    *("aio_pika", "aiormq", "pamqp", "yarl", "multidict", "propcache"),
    *("h11", "httpx2", "idna"),
    *("annotated_types", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection"),
    *("dotenv", "pydantic_settings"),
    "prometheus_client",
    "service",
}
"""All that is not of Python's own library; those of an environment's tools are left out."""

TOOLS = {"_distutils_hack", "coverage", "cython_runtime", "sitecustomize"}
UNUSED = {
    *("service.commands.cli", "service.edges.certificates", "service.edges.tracing"),
    *("service.core.producing", "service.core.parked.acting", "service.core.parked.writing"),
    *("service.edges.amqp.examination", "service.edges.amqp.whole_queue"),
    *("httpcore2", "anyio", "difflib", "http.cookies", "multiprocessing", "unittest", "xml"),
}

_SAYS_WHAT_IS_LOADED = """
import atexit, sys
atexit.register(lambda: print("loaded:", *sorted(sys.modules), flush=True))
from service.__main__ import main
main()
"""


async def test_a_run_loads_what_it_needs_and_nothing_else(
    vhost: VirtualHost, api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a whole run without traces, to the end."""
    # Measured, it would load what coverage needs.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    settings: dict[str, Any] = {"AMQP__URL": vhost.url, "API__URL": api.url, "API__KEY": KEY}
    async with RelayProcess.start(settings, code=_SAYS_WHAT_IS_LOADED) as relay:
        await relay.event("consuming")
        relay.process.terminate()
        assert await relay.exit_code() == 0
    first, *loaded = relay.raw[-1].split()
    assert first == "loaded:"
    roots = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - TOOLS
    assert {root for root in roots if not root.startswith("_")} == PACKAGES
    assert UNUSED.isdisjoint(loaded)
    rooms = {name for name in loaded if name.startswith("service.commands.")}
    assert rooms == {"service.commands.run"}
