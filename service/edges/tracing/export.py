"""Where spans go: in batches, from their own thread, by OTLP over HTTP.

A failing collector costs spans and one log line for each outage. All else about the exporter
(headers, time-outs, batch sizes) is set by the SDK's own variables, `OTEL_*`.
"""

import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from typing import Any

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.semconv.attributes.service_attributes import SERVICE_NAME, SERVICE_VERSION

from service import __version__
from service.flow.events import Emit
from service.flow.events.process import TracesExported, TracesLost

QUIET = ("opentelemetry", "urllib3")
"""They log each span that is lost, and wrong headers with the token in them."""


class _Adapter(requests.adapters.HTTPAdapter):
    """requests' own, with a TLS context of ours: urllib3's own obeys SSLKEYLOGFILE."""

    def init_poolmanager(self, *args: Any, **named: Any) -> None:  # noqa: ANN401 - requests' own
        """As requests does it; it adds the authorities that it trusts."""
        super().init_poolmanager(*args, ssl_context=_context(), **named)

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:  # noqa: ANN401 - requests' own
        """The same by way of a proxy."""
        named |= {"ssl_context": _context(), "proxy_ssl_context": _context()}
        return super().proxy_manager_for(proxy, **named)


def _context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class OwnSession(requests.Session):
    """A session that remembers how its last request ended, in words without any secret.

    The exporter's own words can repeat the headers, a token among them.
    """

    last = "nothing was asked"

    def __init__(self) -> None:
        super().__init__()
        self.mount("https://", _Adapter())

    def request(self, *args: Any, **named: Any) -> requests.Response:  # noqa: ANN401 - requests' own
        """As requests does it."""
        try:
            response = super().request(*args, **{**named, "stream": True})
            # Its status is enough, and its body has no bound.
            response.close()
        except Exception as error:
            self.last = type(error).__name__
            raise
        self.last = f"the collector answered {response.status_code}"
        return response


class WatchedExporter(SpanExporter):
    """Emits an event for the first batch that is lost, and for the first good one after it."""

    def __init__(self, exporter: SpanExporter, why: Callable[[], str], emit: Emit) -> None:
        self._exporter = exporter
        self._why = why
        self._emit = emit
        self._lost = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """As the exporter that it wraps."""
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            first = not self._lost
            self._lost += len(spans)
            if first:
                self._emit(TracesLost(self._why()))
        elif self._lost:
            lost, self._lost = self._lost, 0
            self._emit(TracesExported(lost))
        return result

    def shutdown(self) -> None:
        """Send nothing more."""
        self._exporter.shutdown()


class Export:
    """A tracer provider whose spans go to the collector at `endpoint`.

    `sample_ratio` of the traces that begin here are kept; others are as their parent says.
    """

    def __init__(self, endpoint: str, sample_ratio: float, emit: Emit) -> None:
        for library in QUIET:
            # Not at the handler: a full queue would cost a record for each span that is dropped.
            logging.getLogger(library).setLevel(logging.CRITICAL)
        session = OwnSession()
        exporter = OTLPSpanExporter(endpoint, session=session)
        self.provider = TracerProvider(
            sampler=ParentBasedTraceIdRatio(sample_ratio),
            resource=_resource(),
            # It would wait for half a minute if the collector hangs.
            shutdown_on_exit=False,
        )
        watched = WatchedExporter(exporter, lambda: session.last, emit)
        self.provider.add_span_processor(BatchSpanProcessor(watched))

    def close(self, within_seconds: float) -> None:
        """Send what is left, and return when it is sent or the time is over."""
        # A daemon: a collector that hangs must not delay the end of the process.
        closing = threading.Thread(target=self.provider.shutdown, name="traces", daemon=True)
        closing.start()
        closing.join(within_seconds)


def _resource() -> Resource:
    ours = Resource({SERVICE_NAME: "order-relay", SERVICE_VERSION: __version__})
    # Merged this way round: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
    return Resource.create().merge(ours).merge(OTELResourceDetector().detect())
