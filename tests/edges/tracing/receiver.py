"""A receiver of OTLP over HTTP on loopback: what a collector is to the relay, and its faults."""

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

Value = str | int | float | bool

KINDS = {
    Span.SPAN_KIND_INTERNAL: "internal",
    Span.SPAN_KIND_CONSUMER: "consumer",
    Span.SPAN_KIND_CLIENT: "client",
    Span.SPAN_KIND_PRODUCER: "producer",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One span as it arrived; ids in hexadecimal, no parent is ''."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    failed: bool
    attributes: dict[str, Value]
    resource: dict[str, Value]
    began: int


class Receiver:
    """Takes spans at `url` until the block ends, and answers with `status`.

    With `hangs` it answers nothing until then, with `endless` its answer never ends.
    """

    def __init__(
        self,
        *,
        status: int = 200,
        hangs: bool = False,
        endless: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.status = status
        self.endless = endless
        self._scheme = "https" if tls else "http"
        self.spans: list[Seen] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.raw: list[bytes] = []
        self._changed = threading.Condition()
        self._may_answer = threading.Event()
        if not hangs:
            self._may_answer.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        # Otherwise the end of the block waits for connections that the relay keeps open.
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._may_answer.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def until(self, holds: Callable[[list[Seen]], bool], timeout_seconds: float = 60.0) -> None:
        """Wait until `holds` for the spans; AssertionError with their names when time is over."""
        with self._changed:
            done = self._changed.wait_for(lambda: holds(self.spans), timeout_seconds)
            assert done, [(span.kind, span.name) for span in self.spans]

    def until_asked(self, timeout_seconds: float = 60.0) -> None:
        """Wait until spans were sent here, answered or not."""
        with self._changed:
            assert self._changed.wait_for(lambda: bool(self.requests), timeout_seconds)

    def of(self, message_id: str) -> list[Seen]:
        """The spans of all traces in which a delivery has this id, in the order of their start."""
        traces = {
            span.trace_id
            for span in self.spans
            if span.attributes.get("messaging.message.id") == message_id
        }
        return [span for span in self.spans if span.trace_id in traces]

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        with self._changed:
            self.raw.append(body)
            self.requests.append((path, headers))
            # A later batch may hold what began earlier.
            self.spans = sorted([*self.spans, *_read(body)], key=lambda each: each.began)
            self._changed.notify_all()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver._take(self.path, dict(self.headers.items()), body)
                receiver._may_answer.wait()
                self.send_response(receiver.status)
                if not receiver.endless:
                    self.send_header("Content-Length", "0")
                self.end_headers()
                while receiver.endless:
                    self.wfile.write(b"x" * 65_536)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler


def _read(body: bytes) -> list[Seen]:
    request = ExportTraceServiceRequest.FromString(body)
    return [
        _seen(span, _values(resource.resource.attributes))
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _seen(span: Span, resource: dict[str, Value]) -> Seen:
    return Seen(
        name=span.name,
        kind=KINDS[span.kind],
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        attributes=_values(span.attributes),
        resource=resource,
        began=span.start_time_unix_nano,
    )


def _values(pairs: Any) -> dict[str, Value]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Value:
    found: Value = getattr(value, value.WhichOneof("value") or "string_value")
    return found
