"""The W3C trace context in headers: reads a producer's, which is untrusted, and writes ours."""

from collections.abc import Mapping
from typing import Final

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter
from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACEPARENT: Final = "traceparent"
TRACESTATE: Final = "tracestate"

MOST_CHARACTERS = {TRACEPARENT: 512, TRACESTATE: 512}
"""Longer ones are ignored: W3C asks for 512, and a longer one could make the API refuse a POST."""


class _Texts(Getter[Mapping[str, object]]):
    """Reads headers that may hold any type that AMQP has."""

    def get(self, carrier: Mapping[str, object], key: str) -> list[str] | None:
        """The value, where it is a text within the length."""
        value = carrier.get(key)
        if isinstance(value, str) and len(value) <= MOST_CHARACTERS[key] and value.isascii():
            return [value]
        return None

    def keys(self, carrier: Mapping[str, object]) -> list[str]:
        """Every name."""
        return list(carrier)


_PROPAGATOR = TraceContextTextMapPropagator()
_TEXTS = _Texts()


def parent_in(headers: Mapping[str, object]) -> Context | None:
    """The context that `headers` carry, None where there is none or it is invalid."""
    if TRACEPARENT not in headers:
        return None
    context = _PROPAGATOR.extract(headers, Context(), _TEXTS)
    return context if get_current_span(context).get_span_context().is_valid else None


def with_ours(headers: Mapping[str, object]) -> Mapping[str, object]:
    """`headers` as they are where they carry a valid context, else with the current span's."""
    if parent_in(headers) is not None or not (ours := current_headers()):
        return headers
    # A state belongs to its parent: with another one it would be wrong.
    rest = {name: value for name, value in headers.items() if name not in MOST_CHARACTERS}
    return rest | ours


def current_headers() -> dict[str, str]:
    """The current span's context as headers; empty without one."""
    headers: dict[str, str] = {}
    _PROPAGATOR.inject(headers)
    return headers
