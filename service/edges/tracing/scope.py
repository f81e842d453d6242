"""A span for the length of a block, however the block ends and whether or not tracing works."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import (
    INVALID_SPAN,
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    get_current_span,
    set_span_in_context,
)

from service.edges.tracing.names import ERROR_TYPE, Attributes

Report = Callable[[Exception], None]


class SpanScope:
    """Starts a span, makes it the current one, and ends it however the block ends.

    A defect of the tracing goes to `report`: it may cost a span, but no order.
    """

    def __init__(
        self,
        tracer: Tracer,
        report: Report,
        *,
        name: str,
        kind: SpanKind,
        attributes: Attributes,
        parent: Context | None = None,
    ) -> None:
        self._report = report
        self._token: object = None
        self.span: Span = INVALID_SPAN
        self.failed = False
        try:
            self.span = tracer.start_span(name, parent, kind, attributes)
        except Exception as error:  # noqa: BLE001
            report(error)

    @property
    def recording(self) -> bool:
        """Whether the span is recorded."""
        return self.span.is_recording()

    def write(self, attributes: Attributes) -> None:
        """Put `attributes` on the span."""
        try:
            self.span.set_attributes(attributes)
        except Exception as error:  # noqa: BLE001
            self._report(error)

    def fail(self, error_type: str) -> None:
        """Mark it as failed with `error_type`; the first one stays."""
        if self.failed or not self.recording:
            return
        self.failed = True
        self.write({ERROR_TYPE: error_type})
        # No description: error texts may repeat what the producer or the API said.
        self.span.set_status(StatusCode.ERROR)

    def __enter__(self) -> Self:
        try:
            self._token = attach(self._context())
        except Exception as error:  # noqa: BLE001
            self._report(error)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is not None:
                self.fail(kind.__name__)
            if self._token is not None:
                detach(self._token)  # type: ignore[arg-type] # what attach gave
            self.span.end()
        except Exception as defect:  # noqa: BLE001
            self._report(defect)

    def _context(self) -> Context:
        return set_span_in_context(self.span)


def exemplar() -> dict[str, str] | None:
    """The current span as an exemplar's labels; None where it is not sampled."""
    context = get_current_span().get_span_context()
    if not context.trace_flags.sampled:
        return None
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def trace_id() -> str | None:
    """The id of the current trace, sampled or not: the producer's log may have it, too."""
    context = get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None
