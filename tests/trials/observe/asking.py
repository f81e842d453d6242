"""What our Prometheus answers: to expressions, and about alerts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

_ANSWER_SECONDS = 60.0


class NotAnsweredError(Exception):
    """Prometheus refused a question; the message is its own."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One that is pending or firing."""

    name: str
    state: str
    labels: Mapping[str, str]

    @property
    def key(self) -> "Key":
        """Which alert it is."""
        return Key(self.name, self.labels["severity"])


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """An alert of the rules: one name may stand for two severities."""

    name: str
    severity: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks the Prometheus at this URL."""

    url: str

    async def now(self, expression: str, at: float | None = None) -> list[dict[str, Any]]:
        """The series that an expression has at a moment, by default now."""
        moment = {} if at is None else {"time": at}
        found = await self._ask("query", query=expression, **moment)
        # A number is no series, but it is an answer.
        return found["result"] if found["resultType"] == "vector" else [found]

    async def between(
        self, expression: str, start: float, end: float, step: float
    ) -> list[dict[str, Any]]:
        """The series that an expression has at some step of a span."""
        found = await self._ask("query_range", query=expression, start=start, end=end, step=step)
        result: list[dict[str, Any]] = found["result"]
        return result

    async def alerts(self) -> list[Alert]:
        """All that are pending or firing."""
        rows = (await self._ask("alerts"))["alerts"]
        return [Alert(row["labels"]["alertname"], row["state"], row["labels"]) for row in rows]

    async def _ask(self, what: str, **parameters: Any) -> dict[str, Any]:
        # Without TLS settings: to read the machine's certificates takes longer than the request.
        async with httpx2.AsyncClient(verify=False, trust_env=False, timeout=_ANSWER_SECONDS) as it:
            url = f"{self.url}/api/v1/{what}"
            answer = await (it.post(url, data=parameters) if parameters else it.get(url))
        content: dict[str, Any] = answer.json()
        if content["status"] != "success":
            raise NotAnsweredError(content.get("error", str(content)))
        found: dict[str, Any] = content["data"]
        return found
