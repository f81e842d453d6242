"""The consumer span: one for each delivery, from its arrival to its settlement."""

from opentelemetry.context import Context, create_key, get_value, set_value
from opentelemetry.trace import SpanKind, Tracer

from service.core.history import RETRIES
from service.core.message import Received
from service.core.origin import history_headers
from service.core.settlement import Settlement
from service.edges.tracing import names
from service.edges.tracing.names import Attributes, messaging, shown
from service.edges.tracing.propagation import parent_in
from service.edges.tracing.scope import Report, SpanScope
from service.flow.events import Event
from service.flow.events.ends import Answered
from service.flow.events.order import Abandoned, AttemptEnded, RetryPlanned, Settled
from service.flow.events.process import Unexpected

_DELIVERY = create_key("order-relay-delivery")


class DeliveryScope(SpanScope):
    """The consumer span of one delivery; `sent_before` counts its earlier attempts."""

    sent_before = 0
    code = ""

    def _context(self) -> Context:
        return set_value(_DELIVERY, self, super()._context())


class TracedDeliveries:
    """`service.flow.ports.Tracing` with a span for each delivery from `queue`."""

    def __init__(self, tracer: Tracer, report: Report, queue: str) -> None:
        self._tracer = tracer
        self._report = report
        self._queue = queue
        self._name = f"process {queue}"

    def delivery(self, received: Received) -> SpanScope:
        """The span of `received`, a child of the producer's where its headers name one."""
        parent, attributes, sent_before = None, Attributes(), 0
        try:
            parent = parent_in(received.message.headers)
            attributes = self._attributes(received)
            sent_before = _retries(received)
        except Exception as error:  # noqa: BLE001 - no header may cost the order that it is on
            self._report(error)
        scope = DeliveryScope(
            self._tracer,
            self._report,
            name=self._name,
            kind=SpanKind.CONSUMER,
            attributes=attributes,
            # Not the current one: no span of this process is the parent of a delivery.
            parent=parent or Context(),
        )
        scope.sent_before = sent_before
        return scope

    def _attributes(self, received: Received) -> Attributes:
        message = received.message
        return {
            **messaging(
                received.exchange,
                received.routing_key,
                self._queue,
                message.message_id,
                message.correlation_id,
            ),
            names.MESSAGING_OPERATION_TYPE: "process",
            names.MESSAGING_OPERATION_NAME: "process",
            names.MESSAGING_DESTINATION_TEMPLATE: self._queue,
            names.MESSAGING_BODY_SIZE: received.body_bytes,
            names.REDELIVERED: received.redelivered,
        }


def current_delivery() -> DeliveryScope | None:
    """The delivery that the caller handles."""
    found = get_value(_DELIVERY)
    return found if isinstance(found, DeliveryScope) else None


def record(event: Event) -> None:
    """Write on the consumer span what `event` says of its delivery."""
    if type(event) not in _TOLD:
        return
    delivery = current_delivery()
    if delivery is None or not delivery.recording:
        return
    match event:
        case AttemptEnded():
            delivery.write({names.OUTCOME: event.outcome})
        case RetryPlanned():
            where, seconds = event.where, event.delay_seconds
            delivery.write({names.RETRY_WHERE: where, names.RETRY_SECONDS: seconds})
        case Answered():
            _answered(delivery, event)
        case Settled():
            delivery.write({names.SETTLEMENT: event.settlement})
            if event.settlement in (Settlement.PARKED, Settlement.DEAD_LETTERED):
                delivery.fail(delivery.code or event.settlement)
        case Abandoned():
            delivery.fail("abandoned")
        case Unexpected():
            # Only the name of the exception's class: its words are untrusted.
            delivery.fail(event.error.partition(":")[0])
        case _:
            pass


_TOLD = frozenset({AttemptEnded, RetryPlanned, Answered, Settled, Abandoned, Unexpected})


def _answered(delivery: DeliveryScope, event: Answered) -> None:
    delivery.code = event.code or ""
    told: Attributes = {
        names.STATUS: event.status,
        names.ATTEMPTS: event.attempts,
        names.REPEATED: event.repeated,
    }
    if event.code:
        told[names.CODE] = event.code
    if event.order is not None:
        told[names.ORDER] = shown(event.order)
    delivery.write(told)
    if event.status == "unknown":
        delivery.fail(delivery.code)


def _retries(received: Received) -> int:
    """How many waits the headers count, each after an attempt."""
    value = history_headers(received).get(RETRIES)
    return value if type(value) is int and value > 0 else 0
