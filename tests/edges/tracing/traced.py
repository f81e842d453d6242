"""The flow with fakes around it, and the traces around those, kept in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import Tracer

from service.core.message import PublicationKind
from service.core.topology import build_topology
from service.edges.tracing.api import TracedOrderApi
from service.edges.tracing.deliveries import TracedDeliveries, record
from service.edges.tracing.publisher import TracedPublisher
from service.flow.events import Event
from service.flow.relay import Relay
from tests.flow.world import HALF, World

TOPOLOGY = build_topology("orders", (1, 5))
EXCHANGES = {
    PublicationKind.REPLY: TOPOLOGY.replies_exchange,
    PublicationKind.RETRY: TOPOLOGY.retry_exchange,
    PublicationKind.PARKED: TOPOLOGY.parked_exchange,
}
URL = "https://api.example.com/api/v2"


def in_memory(ratio: float = 1.0) -> tuple[Tracer, InMemorySpanExporter]:
    """A real tracer whose ended spans can be looked at."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=ParentBasedTraceIdRatio(ratio), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("test"), exporter


def said(span: ReadableSpan) -> Mapping[str, object]:
    """The attributes of a span."""
    assert span.attributes is not None
    return span.attributes


@dataclass
class TracedWorld(World):
    """A world whose relay is traced by `tracer`, in memory where there is none given."""

    ratio: float = 1.0
    tracer: Tracer | None = None
    reported: list[Exception] = field(default_factory=list)
    watchers: list[Callable[[Event], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        tracer, self._exporter = in_memory(self.ratio)
        tracer, report = self.tracer or tracer, self.reported.append
        self.relay = Relay(
            api=TracedOrderApi(self.api, tracer, report, url=URL, now=self.clock.now),
            publisher=TracedPublisher(self.broker, tracer, report, EXCHANGES),
            gate=self.gate,
            clock=self.clock,
            emit=self._emit,
            policy=self.policy,
            random=lambda: HALF,
            tracing=TracedDeliveries(tracer, report, TOPOLOGY.requests_queue),
        )

    @property
    def spans(self) -> list[ReadableSpan]:
        """Those that have ended, in that order."""
        return list(self._exporter.get_finished_spans())

    def span(self, name: str) -> ReadableSpan:
        """The only one of this name."""
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def _emit(self, event: Event) -> None:
        self.events.append(event)
        for watcher in (record, *self.watchers):
            watcher(event)
