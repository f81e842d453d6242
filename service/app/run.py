"""`order-relay run`: everything put together, from the start to the last ack.

The order of the shutdown is the promise: no new deliveries, give back what has not begun, finish
what has, close the consuming channel (which flushes the acks), then both connections.
"""

import asyncio
import os
import platform
import random
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from service import __version__
from service.app import traces as tracing
from service.app.exit_codes import ExitCode
from service.app.loading import Loaded
from service.app.masking import hider
from service.app.settings import PREFIX, Settings
from service.app.sources import BadSettingsError
from service.app.wiring import Parts, Random, build, key_source
from service.edges.admin.health import Health
from service.edges.admin.server import AdminAddressError, AdminServer
from service.edges.admin.whereabouts import Whereabouts
from service.edges.api.client import InvalidApiUrlError, UnreadableCaFileError
from service.edges.api.key import KeySource, UnusableKeyError
from service.edges.system_clock import SystemClock
from service.edges.telemetry.logs import LogFormat, configure_logging
from service.edges.telemetry.loop_lag import watch_loop
from service.edges.telemetry.memory_limit import memory_limit_bytes
from service.edges.telemetry.metrics import Metrics
from service.edges.telemetry.sink import Telemetry
from service.flow.events import Emit
from service.flow.events.declare import Level
from service.flow.events.process import (
    AdminListening,
    Draining,
    PlainBroker,
    Started,
    Stopped,
    Unexpected,
)

if TYPE_CHECKING:
    from service.edges.tracing.traces import Traces

_SETTING_OF: dict[type[Exception], str] = {
    UnusableKeyError: "API__KEY",
    AdminAddressError: f"ADMIN__HOST and {PREFIX}ADMIN__PORT",
    InvalidApiUrlError: "API__URL",
    UnreadableCaFileError: "API__CA_FILE",
}
"""Which setting to mend, for what only shows when it is used."""

QUIET_WITHIN_SECONDS = 5.0
CLOSED_WITHIN_SECONDS = 10.0


def run(loaded: Loaded, random: Random = random.random) -> ExitCode:
    """Relay orders until SIGTERM or SIGINT, then drain; `random` gives the jitter of every pause.

    Raises BadSettingsError for what only shows when it is used: the key's file, the admin address.
    """
    settings = loaded.settings
    health, whereabouts = Health(), Whereabouts()
    kind = tracing.load(settings)
    metrics = Metrics(settings.retry.delays_seconds, kind.exemplar if kind else None)
    secrets = loaded.secrets()
    log = configure_logging(
        Level(settings.log.level),
        LogFormat(settings.log.format),
        secrets=lambda: secrets,
        dropped=metrics.log_lines_dropped,
    )
    recorders = [metrics.record, health.record, whereabouts.record]
    recorders += [kind.record] if kind else []
    emit = Telemetry(log, *recorders, trace_id=kind.trace_id if kind else None)
    traces = tracing.start(kind, settings, emit)
    address = settings.admin.host, settings.admin.port
    admin = AdminServer(*address, metrics.registry, health, whereabouts)

    def watch(parts: Parts) -> None:
        metrics.watch_in_flight(lambda: parts.gate.in_flight)
        metrics.watch_oldest_order(parts.relay.oldest_order_age_seconds)
        whereabouts.watch(parts.relay.held.stands)

    try:
        key = key_source(loaded, emit, secrets)
        admin.start()
        emit(Started(__version__, platform.python_version(), memory_limit_bytes()))
        emit(AdminListening(settings.admin.host, admin.port))
        if plain := settings.amqp.plain_brokers:
            emit(PlainBroker(", ".join(plain)))
        return asyncio.run(_main(settings, key, emit, random, watch, traces))
    except tuple(_SETTING_OF) as bad:
        problem = f"{PREFIX}{_SETTING_OF[type(bad)]}: {bad}"
        raise BadSettingsError([hider(secrets)(problem)]) from None
    finally:
        if traces is not None:
            traces.close(tracing.FLUSHED_WITHIN_SECONDS)
        admin.stop()


async def _main(
    settings: Settings,
    key: KeySource,
    emit: Emit,
    random: Random,
    watch: Callable[[Parts], None],
    traces: "Traces | None",
) -> ExitCode:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_on_stray_error(emit))
    asked: asyncio.Future[signal.Signals] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _on_signal, number, asked)
    parts = build(settings, key, emit, random, traces)
    watch(parts)
    stopped = asyncio.Event()
    watching = asyncio.create_task(watch_loop(SystemClock(), emit, stopped))
    publishing = asyncio.create_task(parts.publisher.run())
    consuming = asyncio.create_task(parts.consumer.run())
    sharing = asyncio.create_task(parts.peers.run())
    received = await asked
    emit(Draining(received.name, settings.drain_seconds))
    left = await _drain(parts, settings.drain_seconds, consuming, publishing, sharing)
    stopped.set()
    await watching
    emit(Stopped(left))
    return ExitCode.NOT_DRAINED if left else ExitCode.OK


async def _drain(
    parts: Parts,
    seconds: float,
    consuming: "asyncio.Task[None]",
    publishing: "asyncio.Task[None]",
    sharing: "asyncio.Task[None]",
) -> int:
    parts.gate.drain()
    quiet = asyncio.create_task(parts.consumer.quiet.wait())
    await asyncio.wait({quiet}, timeout=min(QUIET_WITHIN_SECONDS, seconds))
    quiet.cancel()
    left = await parts.relay.finish(seconds)
    # First the consuming side: its channel's close is what makes the last acks certain.
    sides = ((parts.consumer, consuming), (parts.publisher, publishing), (parts.peers, sharing))
    for side, task in sides:
        side.stop()
        await asyncio.wait({task}, timeout=CLOSED_WITHIN_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await parts.api.aclose()
    return left


def _on_signal(number: signal.Signals, asked: "asyncio.Future[signal.Signals]") -> None:
    if asked.done():
        # The second one: whoever sends it does not want to wait, and nothing unacked is lost.
        os._exit(ExitCode.NOT_DRAINED)
    asked.set_result(number)


def _on_stray_error(emit: Emit) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    def handler(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        text = f"{type(error).__name__}: {error}" if error else ""
        emit(Unexpected("event loop", f"{context.get('message', '')} {text}".strip()))

    return handler
