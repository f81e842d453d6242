"""Three hours of two relays that never ran, told to the relay's own metrics event by event.

The API is away for a quarter of an hour and throttles later, a node of the broker restarts, and
the second relay is deployed anew: every panel has something to show.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from prometheus_client import generate_latest

from service.core.message import PublicationKind
from service.core.settlement import Settlement
from service.edges.telemetry.catalogue import MEMORY_LIMIT, OLDEST_ORDER_AGE
from service.edges.telemetry.metrics import Metrics
from service.flow.events import Event
from service.flow.events.labels import ConnectionName, HoldReason, LostCause
from service.flow.events.order import AttemptEnded, DeliveryArrived, Published, Settled
from service.flow.events.process import (
    BrokerConnected,
    BrokerLost,
    HoldChanged,
    LoopLagged,
    Started,
)
from service.flow.sending.limits import Limits
from tests.edges.telemetry.built import answered, retry_planned
from tests.shipping.dashboards.backfill import write_recorded

END = round(datetime(2026, 1, 15, 12, tzinfo=UTC).timestamp())
"""Seconds since the epoch, like all times here."""
MINUTES = 180
STEP_SECONDS = 60
_AWAY = range(60, 75)
_CATCHING_UP = range(75, 85)
_THROTTLED = range(110, 118)
_BROKER_AWAY = range(140, 142)
_DEPLOYED = 150
_TIERS = (1, 5, 30, 120, 600, 3600)
_MEBIBYTE = 1 << 20
_ANSWERS = (
    *[("accepted", "accepted", "")] * 45,
    ("refused", "rejected", "invalid_order"),
    ("refused", "rejected", "service_not_found"),
    ("refused", "rejected", "insufficient_balance"),
    ("refused", "rejected", "refused"),
)


@dataclass(slots=True)
class _Relay:
    """One process; `began` is its first minute, `version` what it runs."""

    instance: str
    version: str
    began: int
    chance: Random
    metrics: Metrics = field(default_factory=lambda: Metrics(_TIERS))
    cpu_seconds: float = 0

    def tell(self, *events: Event) -> None:
        """What the relay's metrics are told."""
        for event in events:
            self.metrics.record(event)

    def start(self) -> None:
        """Connected, and nothing held."""
        self.tell(Started(self.version, "3.13.1"))
        self.tell(*(BrokerConnected(name, "rabbitmq") for name in ConnectionName))

    def minute(self, now: int) -> None:
        """All events of one minute."""
        away, throttled = now in _AWAY, now in _THROTTLED
        self.tell(HoldChanged(HoldReason.CIRCUIT, held=away, why=""))
        self.tell(HoldChanged(HoldReason.THROTTLED, held=throttled, why=""))
        self.tell(*(LoopLagged(self.chance.expovariate(400)) for _ in range(60)))
        in_flight = 0 if away else self.chance.randint(4, 20)
        self.metrics.watch_in_flight(lambda: in_flight)
        self.tell(_limits(now).changed(None))
        self._broker(now)
        orders = 6 if away else 20 if throttled else 130 if now in _CATCHING_UP else 70
        for number in range(orders + self.chance.randint(-5, 5)):
            self._order(now, number)
        self.cpu_seconds += 6 + orders / 12

    def _broker(self, now: int) -> None:
        lost = now in _BROKER_AWAY
        for name in ConnectionName:
            if lost:
                cause = LostCause.CONNECT_FAILED if now > _BROKER_AWAY[0] else _FIRST_CAUSE[name]
                self.tell(BrokerLost(name, cause, "", 1))
            else:
                self.tell(BrokerConnected(name, "rabbitmq"))

    def _order(self, now: int, number: int) -> None:
        redelivered = now == _BROKER_AWAY[-1] + 1 and number < 20
        self.tell(DeliveryArrived("o", redelivered=redelivered))
        if now in _AWAY or (now in _THROTTLED and number % 2):
            self._retry("unreached" if now in _AWAY else "throttled", now)
        elif now in _CATCHING_UP and number == 0 and self.chance.random() < 0.3:
            self._end("unknown", "unknown", "outcome_unknown", 10, Settlement.PARKED)
        elif now in _CATCHING_UP and number < 4:
            self._end("accepted", "failed", "deadline_passed", 900, Settlement.REPLIED)
        else:
            late = 400 if now in _CATCHING_UP and number < 60 else 0
            seconds = late + self.chance.lognormvariate(-2, 0.6)
            self._end(*self.chance.choice(_ANSWERS), seconds, Settlement.REPLIED)

    def _retry(self, outcome: str, now: int) -> None:
        tier = _TIERS[min(now % 15 // 3, 4)]
        took = 0.02 if outcome == "throttled" else 3.0
        self.tell(AttemptEnded("o", 1, outcome, None, None, took * self.chance.uniform(0.5, 1.5)))
        self.tell(retry_planned(outcome=outcome, tier_seconds=tier))
        self.tell(Published("o", PublicationKind.RETRY, self.chance.uniform(0.004, 0.02)))
        self.tell(Settled("o", Settlement.RETRIED))

    def _end(
        self, outcome: str, status: str, code: str, seconds: float, settlement: Settlement
    ) -> None:
        took = min(seconds, self.chance.lognormvariate(-2, 0.6))
        self.tell(AttemptEnded("o", 1, outcome, None, None, took))
        self.tell(Published("o", PublicationKind.REPLY, self.chance.uniform(0.003, 0.015)))
        if settlement is Settlement.PARKED:
            self.tell(Published("o", PublicationKind.PARKED, self.chance.uniform(0.005, 0.03)))
        self.tell(answered(status=status, code=code, duration_seconds=seconds))
        self.tell(Settled("o", settlement))


def _limits(now: int) -> Limits:
    """What is learned when the API throttles stays for a while."""
    learned = 4.0 if _THROTTLED[0] <= now < _DEPLOYED else None
    return Limits(
        concurrency=16 if now in _THROTTLED else 64,
        set_per_second=5.0,
        ceiling_per_second=learned,
        share=0.5,
        peers=2,
    )


_FIRST_CAUSE = {
    ConnectionName.CONSUME: LostCause.CONSUMER_CANCELLED,
    ConnectionName.PUBLISH: LostCause.CONNECTION_CLOSED,
}


def write_blocks(folder: Path) -> None:
    """Blocks of a Prometheus with the rules that scraped both relays and RabbitMQ up to `END`."""
    with TemporaryDirectory(prefix="sample-") as scratch:
        lines = Path(scratch, "lines")
        with lines.open("w", encoding="utf-8") as file:
            file.writelines(_lines(END - (MINUTES - 1) * STEP_SECONDS))
            file.write("# EOF\n")
        command = ("promtool", "tsdb", "create-blocks-from", "openmetrics", lines, folder)
        subprocess.run(command, check=True, capture_output=True)
    write_recorded(folder, END - MINUTES * STEP_SECONDS, END, STEP_SECONDS)


def _lines(start: int) -> Iterator[str]:
    chance = Random(1)
    relays = [_Relay(f"10.0.0.{one}:8080", "1.4.0", -600, chance) for one in (7, 8)]
    for relay in relays:
        relay.start()
    for now in range(MINUTES):
        if now == _DEPLOYED:
            relays[1] = _Relay(relays[1].instance, "1.5.0", now, chance)
            relays[1].start()
        at = start + now * STEP_SECONDS
        for relay in relays:
            relay.minute(now)
            own = f'namespace="shop",job="order-relay",instance="{relay.instance}"'
            for series, value in (*_scraped(relay), *_of_the_process(relay, now, start)):
                yield f"{_with(series, own)} {value} {at}\n"
        for queue, what, value in _queues(now, chance):
            labels = f'namespace="shop",job="rabbitmq",instance="10.0.0.3:15692",queue="{queue}"'
            yield f'rabbitmq_detailed_queue_{what}{{{labels},vhost="/"}} {value} {at}\n'


# The registry knows them, too, but of the process that makes the sample.
_TOLD_BELOW = (MEMORY_LIMIT.name, OLDEST_ORDER_AGE.name)


def _scraped(relay: _Relay) -> Iterator[tuple[str, str]]:
    for line in generate_latest(relay.metrics.registry).decode().splitlines():
        if line.startswith("order_relay_") and not line.startswith(_TOLD_BELOW):
            series, _, value = line.rpartition(" ")
            yield series, value


def _of_the_process(relay: _Relay, now: int, start: int) -> Iterator[tuple[str, float]]:
    since = min(now - relay.began, 120)
    yield "process_cpu_seconds_total", relay.cpu_seconds
    yield "process_resident_memory_bytes", (58 + since / 12 + relay.chance.random()) * _MEBIBYTE
    yield "process_start_time_seconds", start + relay.began * STEP_SECONDS
    yield "process_open_fds", 30 + relay.chance.randint(0, 12)
    yield "process_max_fds", 1024
    yield "order_relay_memory_limit_bytes", 128 * _MEBIBYTE
    yield "order_relay_oldest_order_age_seconds", _oldest(now)


def _oldest(now: int) -> int:
    """Grows while the API is away, and while it is caught up with."""
    return (now - _AWAY[0]) * 60 if now in _AWAY or now in _CATCHING_UP else 3 + now % 4


def _queues(now: int, chance: Random) -> Iterator[tuple[str, str, int]]:
    behind = 140 * (now - _AWAY[0]) if now in _AWAY else 0
    if now in _CATCHING_UP:
        behind = 2100 - 210 * (now - _CATCHING_UP[0])
    behind += 90 * (now - _THROTTLED[0]) if now in _THROTTLED else 0
    yield "orders.requests", "messages_ready", behind + chance.randint(0, 4)
    yield "orders.requests", "messages_unacked", chance.randint(10, 40)
    yield "orders.requests", "consumers", 0 if now in _BROKER_AWAY else 2
    for tier in _TIERS:
        busy = now in _AWAY and tier <= 600
        yield f"orders.retry.{tier}", "messages", 10 + now % 15 if busy else 0
    yield "orders.parked", "messages", 3 if now >= _CATCHING_UP[0] else 0
    yield "orders.unrouted", "messages", 0


def _with(series: str, labels: str) -> str:
    name, brace, rest = series.partition("{")
    return f"{name}{{{labels},{rest}" if brace else f"{name}{{{labels}}}"
