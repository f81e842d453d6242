"""What `service.app` wires: the ports with spans around them, and where the spans go."""

from collections.abc import Callable
from datetime import datetime

from service import __version__
from service.core.message import PublicationKind
from service.core.topology import Topology
from service.edges.tracing.api import TracedOrderApi
from service.edges.tracing.deliveries import TracedDeliveries, record
from service.edges.tracing.export import Export
from service.edges.tracing.propagation import current_headers
from service.edges.tracing.publisher import TracedPublisher
from service.edges.tracing.scope import exemplar, trace_id
from service.flow.events import Emit
from service.flow.events.process import Unexpected
from service.flow.ports import OrderApi, Publisher, Tracing

SCHEMA = "https://opentelemetry.io/schemas/1.44.0"


class Traces:
    """Traces to the collector at `endpoint`; raises ValueError for an invalid `OTEL_*`."""

    record = staticmethod(record)
    exemplar = staticmethod(exemplar)
    trace_id = staticmethod(trace_id)

    def __init__(self, endpoint: str, sample_ratio: float, emit: Emit) -> None:
        self._emit = emit
        self._reported: set[type[Exception]] = set()
        self._export = Export(endpoint, sample_ratio, emit)
        self._tracer = self._export.provider.get_tracer("order-relay", __version__, SCHEMA)

    def deliveries(self, topology: Topology) -> Tracing:
        """The consumer spans."""
        return TracedDeliveries(self._tracer, self._report, topology.requests_queue)

    def around_api(self, api: OrderApi, url: str, now: Callable[[], datetime]) -> OrderApi:
        """`api` with client spans."""
        return TracedOrderApi(api, self._tracer, self._report, url=url, now=now)

    def around_publisher(self, publisher: Publisher, topology: Topology) -> Publisher:
        """`publisher` with producer spans."""
        exchanges = {
            PublicationKind.REPLY: topology.replies_exchange,
            PublicationKind.RETRY: topology.retry_exchange,
            PublicationKind.PARKED: topology.parked_exchange,
        }
        return TracedPublisher(publisher, self._tracer, self._report, exchanges)

    def headers(self) -> dict[str, str]:
        """The headers by which an attempt names its span to the API."""
        try:
            return current_headers()
        except Exception as error:  # noqa: BLE001 - an attempt without them is a good one still
            self._report(error)
            return {}

    def close(self, within_seconds: float) -> None:
        """Send what is left, within the time."""
        self._export.close(within_seconds)

    def _report(self, error: Exception) -> None:
        # Once for each kind: a defect at every order would flood the log.
        if type(error) not in self._reported:
            self._reported.add(type(error))
            self._emit(Unexpected("tracing", f"{type(error).__name__}: {error}"))
