"""The client span: one for each attempt at the order API."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from opentelemetry.trace import SpanKind, Tracer

from service.core.outcome import (
    Accepted,
    Answered,
    ApiResult,
    Refused,
    classify,
    label,
)
from service.edges.tracing import names
from service.edges.tracing.deliveries import current_delivery
from service.edges.tracing.names import Attributes
from service.edges.tracing.scope import Report, SpanScope
from service.flow.ports import OrderApi

_SUCCESSFUL = range(200, 300)
_PORTS = {"http": 80, "https": 443}


class TracedOrderApi:
    """An `OrderApi` with a span for each attempt; no span has the form."""

    def __init__(
        self,
        api: OrderApi,
        tracer: Tracer,
        report: Report,
        *,
        url: str,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._tracer = tracer
        self._report = report
        self._now = now
        self._attributes = _attributes(url)

    async def submit(self, form: bytes) -> ApiResult:
        """As the API that it wraps; an attempt that is cancelled ends its span, too."""
        with SpanScope(
            self._tracer,
            self._report,
            name="POST",
            kind=SpanKind.CLIENT,
            attributes=self._counted(),
        ) as scope:
            result = await self._api.submit(form)
            if scope.recording:
                self._came_to(scope, result)
            return result

    def _counted(self) -> Attributes:
        delivery = current_delivery()
        if delivery is None:
            return self._attributes
        before, delivery.sent_before = delivery.sent_before, delivery.sent_before + 1
        return self._attributes | {names.HTTP_RESEND_COUNT: before} if before else self._attributes

    def _came_to(self, scope: SpanScope, result: ApiResult) -> None:
        try:
            outcome = classify(result, self._now())
        except Exception as error:  # noqa: BLE001 - the flow meets it again, and must itself
            self._report(error)
            return
        came: Attributes = {names.OUTCOME: label(outcome)}
        error_type = label(outcome)
        if isinstance(result, Answered):
            came[names.HTTP_STATUS] = result.status
            if result.status not in _SUCCESSFUL:
                error_type = str(result.status)
        scope.write(came)
        # A refusal is a documented answer, whatever its status: nothing has failed.
        if not isinstance(outcome, Accepted | Refused):
            scope.fail(error_type)


def _attributes(url: str) -> Attributes:
    parts = urlsplit(url)
    # A query can hold a token, and is the same for every order.
    query = "?REDACTED" if parts.query else ""
    return {
        names.HTTP_METHOD: "POST",
        names.URL_FULL: f"{parts.scheme}://{parts.netloc}{parts.path}{query}",
        names.SERVER_ADDRESS: parts.hostname or "",
        names.SERVER_PORT: parts.port or _PORTS.get(parts.scheme, 0),
    }
