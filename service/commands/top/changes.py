"""What changed between two scrapes of the same process, over as many processes as there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.commands.top.quantiles import Quantiles, quantiles
from service.commands.top.samples import Scrape, usable
from service.edges.telemetry import catalogue


@dataclass(frozen=True, slots=True)
class Flow:
    """A counter: what it counted since its process began, and lately.

    `lately` is since the scrape before, or since the beginning where there was none; then there is
    no rate either.
    """

    total: float
    lately: float
    per_second: float | None

    def __add__(self, other: "Flow") -> "Flow":
        rates = [rate for rate in (self.per_second, other.per_second) if rate is not None]
        return Flow(
            self.total + other.total, self.lately + other.lately, sum(rates) if rates else None
        )


@dataclass(frozen=True, slots=True)
class Change:
    """Two scrapes of one process, or its first one."""

    before: Scrape | None
    after: Scrape

    @property
    def seconds(self) -> float | None:
        """The time between the two; None where no rate can be had of it."""
        if self.before is None:
            return None
        seconds = self.after.monotonic_seconds - self.before.monotonic_seconds
        return seconds if seconds > 0 else None

    @property
    def restarted(self) -> bool:
        """Whether another process answered this time."""
        name = catalogue.PROCESS_START
        return self.before is not None and self.before.single(name) != self.after.single(name)

    def flows(self, name: str) -> Iterator[tuple[dict[str, str], Flow]]:
        """Each series of a counter by its labels, resets left out as PromQL's `increase` does."""
        fresh = self.before is None or self.restarted
        before = {} if self.before is None or fresh else self.before.of(name)
        seconds = self.seconds
        for labels, value in self.after.of(name).items():
            earlier = before.get(labels, 0.0)
            lately = max(0.0, value if value < earlier else value - earlier)
            yield dict(labels), Flow(value, lately, None if seconds is None else lately / seconds)


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of some processes, read as one."""

    each: Sequence[Change]

    def by(self, name: str, *labels: str) -> dict[tuple[str, ...], Flow]:
        """The counter by the values of these labels, summed over all others."""
        flows: dict[tuple[str, ...], Flow] = {}
        for change in self.each:
            for found, flow in change.flows(name):
                group = tuple(found.get(label, "") for label in labels)
                flows[group] = flows[group] + flow if group in flows else flow
        return flows

    def all(self, name: str) -> Flow | None:
        """The counter summed over all labels; None where nobody has it."""
        return self.by(name).get(())

    def gauges(self, name: str, label: str) -> Iterator[tuple[str, float]]:
        """The value of each process for each value of `label`."""
        for change in self.each:
            for labels, value in change.after.of(name).items():
                yield dict(labels).get(label, ""), value

    def singles(self, name: str) -> list[float]:
        """The values of a gauge without labels, of those who have it."""
        found = (change.after.single(name) for change in self.each)
        return [value for value in found if value is not None]

    def quantiles(self, name: str) -> Quantiles | None:
        """Of a histogram, over all labels and processes, lately."""
        return quantiles(self._buckets(name))

    def _buckets(self, name: str) -> dict[float, float]:
        buckets: dict[float, float] = {}
        for change in self.each:
            for found, flow in change.flows(f"{name}_bucket"):
                if (bound := _bound(found.get("le", ""))) is not None:
                    buckets[bound] = buckets.get(bound, 0.0) + flow.lately
        return buckets


def _bound(text: str) -> float | None:
    try:
        bound = float(text)
    except ValueError:
        return None
    return bound if usable(bound, unbounded=True) else None
