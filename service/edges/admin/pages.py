"""What each admin path answers, as a value: no sockets here."""

import html
import json
from dataclasses import field
from http import HTTPStatus
from urllib.parse import unquote

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

import service
from service.core.record import record
from service.edges.admin.health import Health, Report
from service.edges.admin.whereabouts import Whereabouts

TEXT = "text/plain; charset=utf-8"
ORDERS = "/orders/"
LONGEST_ID = 128
"""Characters of a message id, by the contract."""


@record(frozen=True, slots=True)
class Page:
    """An HTTP answer."""

    status: HTTPStatus
    content_type: str
    body: bytes


@record(frozen=True, slots=True)
class Pages:
    """The pages, generated for each request; none changes anything."""

    registry: CollectorRegistry
    health: Health
    whereabouts: Whereabouts = field(default_factory=Whereabouts)

    def answer(self, target: str, accept: str) -> Page:
        """The page for a GET of `target` by a client that accepts `accept`."""
        match target.partition("?")[0]:
            case "/":
                return self._front()
            case "/metrics":
                return self._metrics(accept)
            case "/livez":
                return _verdict(self.health.liveness(self.health.monotonic()))
            case "/readyz":
                return _verdict(self.health.readiness(self.health.monotonic()))
            case path if path.startswith(ORDERS):
                return self._order(path.removeprefix(ORDERS))
            case _:
                text = "not found; there are /, /metrics, /livez, /readyz and /orders/MESSAGE_ID\n"
                return Page(HTTPStatus.NOT_FOUND, TEXT, text.encode())

    def _front(self) -> Page:
        ready, report = self.health.readiness(self.health.monotonic())
        reasons = report["reasons"]
        listed = "".join(
            f"<li>{html.escape(str(reason))}</li>\n"
            for reason in (reasons if isinstance(reasons, list) else ())
        )
        state = "This process takes orders." if ready else "This process takes no orders."
        version = html.escape(service.__version__)
        body = _FRONT.format(version=version, state=state, reasons=listed)
        return Page(HTTPStatus.OK, "text/html; charset=utf-8", body.encode())

    def _order(self, escaped: str) -> Page:
        message_id = unquote(escaped, errors="surrogateescape")
        if not 1 <= len(message_id) <= LONGEST_ID:
            text = f"a message id has 1 to {LONGEST_ID} characters\n"
            return Page(HTTPStatus.BAD_REQUEST, TEXT, text.encode())
        _, state = self.health.readiness(self.health.monotonic())
        report = self.whereabouts.report(message_id) | {"reasons": state["reasons"]}
        return _json(HTTPStatus.OK, report)

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
    return _json(status, report)


def _json(status: HTTPStatus, report: Report) -> Page:
    return Page(status, "application/json", json.dumps(report).encode() + b"\n")


_FRONT = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>order-relay</title></head>
<body>
<h1>order-relay {version}</h1>
<p>{state}</p>
<ul>
{reasons}</ul>
<ul>
<li><a href="/metrics">/metrics</a>: what Prometheus reads</li>
<li><a href="/livez">/livez</a>: whether a restart could help</li>
<li><a href="/readyz">/readyz</a>: whether it takes orders, and why not</li>
</ul>
<p>Nothing here changes anything. <code>order-relay trace MESSAGE_ID</code> says where an order is,
<code>order-relay parked list</code> what waits for a person, <code>order-relay doctor</code> what
is wrong.</p>
</body>
</html>
"""
