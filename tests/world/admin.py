"""The relay's admin endpoints, as a probe or a scraper sees them."""

import json
import re
from typing import Any

from tests.world.load.processes import client
from tests.world.relay_process import RelayProcess


async def admin_url(relay: RelayProcess) -> str:
    """Where the endpoints are: the port that the process listens on, as the system tells."""
    port = int((await relay.event("admin endpoints"))["port"])
    return f"http://127.0.0.1:{port}"


async def get(relay: RelayProcess, path: str) -> tuple[int, str]:
    """Status and body of one page."""
    async with client() as http:
        answer = await http.get(f"{await admin_url(relay)}{path}")
    return answer.status_code, answer.text


async def ready(relay: RelayProcess) -> tuple[int, list[str]]:
    """The readiness and its reasons."""
    status, body = await get(relay, "/readyz")
    report: dict[str, Any] = json.loads(body)
    return status, report["reasons"]


async def metric(relay: RelayProcess, series: str) -> float:
    """The value of one series, named with its labels as it is printed."""
    _, body = await get(relay, "/metrics")
    found = re.search(rf"^{re.escape(series)} (\S+)$", body, re.MULTILINE)
    assert found, f"{series} is not in:\n{body}"
    return float(found[1])
