"""The flow alone, with one kind of telemetry on it, as a process that serves bursts on demand.

Run as a module with KIND [COLLECTOR], it reads numbers of orders from its input, one a
line, and writes the processor time of an order in microseconds. The API, the broker and the
delivery cost nothing here, so that what is left is the relay's own code and its telemetry.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from service.core.decision import RetryPolicy
from service.core.message import Message, Publication, Received
from service.core.outcome import Answered, ApiResult
from service.core.topology import build_topology
from service.edges.admin.health import Health
from service.edges.system_clock import SystemClock
from service.edges.telemetry.logs import Log, LogFormat, configure_logging
from service.edges.telemetry.metrics import Metrics
from service.edges.telemetry.sink import Telemetry
from service.flow.events import Emit, Event
from service.flow.events.declare import Level
from service.flow.ports import Confirmed, OrderApi, Publisher
from service.flow.relay import Relay
from service.flow.sending.gate import Gate
from service.flow.sending.pace import Pace
from service.flow.sending.prefetch import Prefetch

if TYPE_CHECKING:
    from service.edges.tracing.traces import Traces

CONCURRENCY = 64
BODY = b'{"service": 7, "link": "https://example.com/p/1", "quantity": 1000}'
TIERS = (1, 5, 30)
URL = "https://api.example.com/api/v2"
_PLACED = Answered(200, b'{"order": "ord_00000000000000000001"}')
_CONFIRMED = Confirmed()


class Kind(StrEnum):
    """What is made of the events; each has what the one before has."""

    NOTHING = "nothing"
    METRICS = "metrics"
    LINES = "lines"
    TRACES_UNSAMPLED = "traces-unsampled"
    TRACES = "traces"


class InstantApi:
    """Places every order at once."""

    async def submit(self, form: bytes) -> ApiResult:
        """Placed."""
        return _PLACED


class InstantPublisher:
    """Confirms at once."""

    async def publish(self, publication: Publication) -> Confirmed:
        """Confirmed."""
        return _CONFIRMED


class FreeDelivery:
    """A delivery that costs nothing to settle."""

    alive = True

    def __init__(self, number: int) -> None:
        self.received = Received(
            Message(BODY, message_id=f"o-{number}", content_type="application/json"),
            exchange="orders",
            routing_key="order.request",
        )

    async def ack(self) -> None:
        """Done."""

    async def requeue(self, *, counted: bool = False) -> None:
        """Done."""

    async def dead_letter(self) -> None:
        """Done."""


class Side:
    """A relay, and the telemetry of `kind` on it."""

    def __init__(self, kind: Kind, collector: str) -> None:
        self._numbers = count()
        clock, topology = SystemClock(), build_topology("orders", TIERS)
        emit, traces = _telemetry(kind, collector)
        api: OrderApi = InstantApi()
        publisher: Publisher = InstantPublisher()
        more: dict[str, Any] = {}
        if traces is not None:
            api = traces.around_api(api, URL, clock.now)
            publisher = traces.around_publisher(publisher, topology)
            more["tracing"] = traces.deliveries(topology)
        self._relay = Relay(
            api=api,
            publisher=publisher,
            gate=Gate(
                clock,
                emit,
                concurrency=CONCURRENCY,
                prefetch=Prefetch(2 * CONCURRENCY),
                pace=Pace(None),
                random=lambda: 0.5,
            ),
            clock=clock,
            emit=emit,
            policy=RetryPolicy(delays_seconds=TIERS),
            random=lambda: 0.5,
            **more,
        )

    async def burst(self, orders: int) -> float:
        """The processor time of an order, in microseconds, over all threads of the process."""
        began = time.process_time()
        for _ in range(0, orders, CONCURRENCY):
            for _ in range(CONCURRENCY):
                self._relay.receive(FreeDelivery(next(self._numbers)))
            await self._relay.finish(60)
        served = -(-orders // CONCURRENCY) * CONCURRENCY
        return (time.process_time() - began) / served * 1e6


def _telemetry(kind: Kind, collector: str) -> "tuple[Emit, Traces | None]":
    health = Health()
    match kind:
        case Kind.NOTHING:
            return _drop, None
        case Kind.METRICS:
            return _recorded(Metrics(TIERS).record, health.record), None
        case Kind.LINES:
            return Telemetry(_log(), Metrics(TIERS).record, health.record), None
        case Kind.TRACES | Kind.TRACES_UNSAMPLED:
            # Only here: the other sides must be what a relay without traces is.
            from service.edges.tracing.traces import Traces  # noqa: PLC0415

            metrics = Metrics(TIERS, Traces.exemplar)
            recorders = (metrics.record, health.record, Traces.record)
            emit = Telemetry(_log(), *recorders, trace_id=Traces.trace_id)
            ratio = 1.0 if kind is Kind.TRACES else 0.0
            return emit, Traces(f"{collector}/v1/traces", ratio, emit)
        case _ as never:
            assert_never(never)


def _drop(_: Event) -> None:
    pass


def _recorded(*recorders: Callable[[Event], None]) -> Emit:
    def emit(event: Event) -> None:
        for record in recorders:
            record(event)

    return emit


def _log() -> Log:
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    return configure_logging(Level.INFO, LogFormat.JSON, nowhere, ["a-secret-key"])


async def main() -> None:
    """Serves until its input ends."""
    side = Side(Kind(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
    for line in sys.stdin:
        print(await side.burst(int(line)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
