"""Traces where they are asked for: the one place that loads what the extra `otel` brings."""

from typing import TYPE_CHECKING

from service.app.settings import PREFIX, Settings
from service.app.sources import BadSettingsError
from service.flow.events import Emit

if TYPE_CHECKING:
    from service.edges.tracing.traces import Traces

FLUSHED_WITHIN_SECONDS = 3.0
"""How long the end of the process may wait for the last spans."""


def load(settings: Settings) -> "type[Traces] | None":
    """What makes traces; None without an endpoint, and then nothing of OpenTelemetry is loaded.

    Raises BadSettingsError where the endpoint is set and the extra is not installed.
    """
    if settings.traces.endpoint is None:
        return None
    try:
        from service.edges.tracing.traces import Traces  # noqa: PLC0415 - only where asked for
    except ImportError as error:
        problem = (
            f"{PREFIX}TRACES__ENDPOINT was {settings.traces.endpoint!r}: traces need the extra "
            f"otel, as in pip install 'order-relay[otel]' (there is no module {error.name})"
        )
        raise BadSettingsError([problem]) from None
    return Traces


def start(kind: "type[Traces] | None", settings: Settings, emit: Emit) -> "Traces | None":
    """Begin to trace; BadSettingsError where the SDK cannot use its own `OTEL_*` variables."""
    url = settings.traces.url
    if kind is None or url is None:
        return None
    try:
        return kind(url, settings.traces.sample_ratio, emit)
    # The SDK raises what it likes, and its words may hold a header's value.
    except Exception as error:  # noqa: BLE001
        raise BadSettingsError(
            [f"OTEL_*: the OpenTelemetry SDK cannot use its settings ({type(error).__name__})"]
        ) from None
