"""What each admin path answers, as a value: no sockets here."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from service.edges.admin.health import Health, Report

TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Page:
    """An HTTP answer."""

    status: HTTPStatus
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Pages:
    """The three pages, generated for each request."""

    registry: CollectorRegistry
    health: Health

    def answer(self, target: str, accept: str) -> Page:
        """The page for a GET of `target` by a client that accepts `accept`."""
        match target.partition("?")[0]:
            case "/metrics":
                return self._metrics(accept)
            case "/livez":
                return _verdict(self.health.liveness(self.health.monotonic()))
            case "/readyz":
                return _verdict(self.health.readiness(self.health.monotonic()))
            case _:
                text = "not found; there are /metrics, /livez and /readyz\n"
                return Page(HTTPStatus.NOT_FOUND, TEXT, text.encode())

    def _metrics(self, accept: str) -> Page:
        try:
            # A folded header has line ends, and parts of it are copied to our Content-Type.
            encode, content_type = choose_encoder(" ".join(accept.split()))
        except (TypeError, ValueError):
            # The library cannot compare "version=x"; every client can read plain text.
            encode, content_type = choose_encoder("")
        return Page(HTTPStatus.OK, content_type, encode(self.registry))


def method_not_allowed() -> Page:
    """The answer to anything but GET and HEAD."""
    return Page(HTTPStatus.METHOD_NOT_ALLOWED, TEXT, b"only GET and HEAD\n")


def _verdict(verdict: tuple[bool, Report]) -> Page:
    good, report = verdict
    status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
    return Page(status, "application/json", json.dumps(report).encode() + b"\n")
