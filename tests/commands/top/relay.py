"""A relay's metrics as its own registry prints them, with a process of the test's choice."""

from dataclasses import dataclass, field

from prometheus_client import generate_latest

from service.commands.top.figures import Scrape
from service.commands.top.scraping import parse
from service.core.message import PublicationKind
from service.core.settlement import Settlement
from service.edges.telemetry.metrics import Metrics
from service.flow.events.labels import ConnectionName, HoldReason
from service.flow.events.order import AttemptEnded, DeliveryArrived, Published, Settled
from service.flow.events.process import BrokerConnected, HoldChanged, LoopLagged, Started
from service.flow.sending.limits import Limits
from tests.edges.telemetry.built import answered, retry_planned

NOON_UNIX_SECONDS = 1_769_860_800.0
MIB = 1024 * 1024
TIERS = (1, 5, 30, 120, 600, 3600)


@dataclass
class RelayMetrics:
    """A relay that began some time before noon and consumes."""

    began_unix_seconds: float = NOON_UNIX_SECONDS - 3 * 86_400 - 4 * 3600
    cpu_seconds: float = 0.0
    memory_bytes: int = 61 * MIB
    metrics: Metrics = field(default_factory=lambda: Metrics(TIERS))

    def __post_init__(self) -> None:
        self.metrics.record(Started("0.1.0", "3.13.1", 256 * MIB))
        self.limit(Limits(concurrency=64, set_per_second=50.0))
        for name in ConnectionName:
            self.metrics.record(BrokerConnected(name, "broker:5672 vhost /"))
        self.metrics.watch_oldest_order(lambda: 0.3)

    def accept(self, times: int, seconds: float = 0.04) -> None:
        """So many orders came and were accepted, each after so long."""
        for _ in range(times):
            self._arrive_and_try("accepted", seconds)
            self._answer("accepted", "", seconds)

    def reject(self, code: str, times: int) -> None:
        """So many were refused by the API."""
        for _ in range(times):
            self._arrive_and_try("refused", 0.02)
            self._answer("rejected", code, 0.03)

    def give_up(self, status: str, code: str, times: int) -> None:
        """So many came to no good end."""
        for _ in range(times):
            self._arrive_and_try("unreached", 2.0)
            self._answer(status, code, 700.0)

    def retry(self, outcome: str, tier_seconds: int, times: int) -> None:
        """So many were sent to a waiting tier."""
        for _ in range(times):
            self._arrive_and_try(outcome, 1.2)
            self.metrics.record(
                retry_planned(outcome=outcome, delay_seconds=1.0, tier_seconds=tier_seconds)
            )
            self.metrics.record(Published("o", PublicationKind.RETRY, 0.002))
            self.metrics.record(Settled("o", Settlement.RETRIED))

    def hold(self, reason: HoldReason) -> None:
        """Nothing is sent for this reason."""
        self.metrics.record(HoldChanged(reason, held=True, why="a test"))

    def limit(self, limits: Limits) -> None:
        """These limit it from now on."""
        self.metrics.record(limits.changed(None))

    def lag(self, seconds: float, times: int = 4) -> None:
        """The event loop woke up so late."""
        for _ in range(times):
            self.metrics.record(LoopLagged(seconds))

    def at_the_api(self, orders: int) -> None:
        """So many orders are being asked about."""
        self.metrics.watch_in_flight(lambda: orders)

    def text(self) -> str:
        """What /metrics answers."""
        ours = generate_latest(self.metrics.registry).decode()
        lines = [line for line in ours.split("\n") if not line.startswith("process_")]
        process = {
            "process_start_time_seconds": self.began_unix_seconds,
            "process_cpu_seconds_total": self.cpu_seconds,
            "process_resident_memory_bytes": self.memory_bytes,
        }
        return "\n".join(lines) + "".join(f"{name} {value}\n" for name, value in process.items())

    def scrape(self, at_seconds: float) -> Scrape:
        """The same as it is read, so many seconds after noon."""
        return Scrape(at_seconds, parse(self.text()))

    def _arrive_and_try(self, outcome: str, seconds: float) -> None:
        self.metrics.record(DeliveryArrived("o", redelivered=False))
        self.metrics.record(AttemptEnded("o", 1, outcome, None, None, seconds))

    def _answer(self, status: str, code: str, seconds: float) -> None:
        self.metrics.record(Published("o", PublicationKind.REPLY, 0.002))
        self.metrics.record(answered(status=status, code=code or None, duration_seconds=seconds))
        self.metrics.record(Settled("o", Settlement.REPLIED))
