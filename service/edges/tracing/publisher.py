"""The producer span: one for each publication, up to the broker's confirm."""

from collections.abc import Mapping
from dataclasses import replace

from opentelemetry.trace import SpanKind, Tracer

from service.core.message import Publication, PublicationKind
from service.edges.tracing import names
from service.edges.tracing.names import Attributes, messaging
from service.edges.tracing.propagation import with_ours
from service.edges.tracing.scope import Report, SpanScope
from service.flow.ports import Confirmed, Published, Publisher


class TracedPublisher:
    """A `Publisher` with a span for each publication, whose headers carry a trace context.

    A publication with a valid context of the producer keeps it; one with none or an invalid one
    gets that of its own span.
    """

    def __init__(
        self,
        publisher: Publisher,
        tracer: Tracer,
        report: Report,
        exchanges: Mapping[PublicationKind, str],
    ) -> None:
        self._publisher = publisher
        self._tracer = tracer
        self._report = report
        self._exchanges = exchanges

    async def publish(self, publication: Publication) -> Published:
        """As the publisher that it wraps."""
        with SpanScope(
            self._tracer,
            self._report,
            name=f"publish {self._exchanges[publication.kind]}",
            kind=SpanKind.PRODUCER,
            attributes=self._attributes(publication),
        ) as scope:
            confirmed = await self._publisher.publish(self._traceable(publication))
            if not isinstance(confirmed, Confirmed):
                scope.fail("unconfirmed")
            return confirmed

    def _traceable(self, publication: Publication) -> Publication:
        try:
            message = publication.message
            headers = with_ours(message.headers)
            if headers is message.headers:
                return publication
            return replace(publication, message=replace(message, headers=headers))
        except Exception as error:  # noqa: BLE001 - without a trace it is a good publication still
            self._report(error)
            return publication

    def _attributes(self, publication: Publication) -> Attributes:
        message, exchange = publication.message, self._exchanges[publication.kind]
        return {
            **messaging(
                exchange,
                publication.routing_key,
                "",
                message.message_id,
                message.correlation_id,
            ),
            names.MESSAGING_OPERATION_TYPE: "send",
            names.MESSAGING_OPERATION_NAME: "publish",
            names.MESSAGING_DESTINATION_TEMPLATE: exchange,
            names.MESSAGING_BODY_SIZE: len(message.body),
            names.KIND: publication.kind,
        }
