"""The relay's metrics, read from /metrics, and what the main ones mean."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from tests.demo import web


@dataclass(frozen=True, slots=True)
class Explained:
    """A metric, the label by which it is shown, and what it says in plain words."""

    name: str
    label: str | None
    meaning: str


MAIN = (
    Explained(
        "order_relay_deliveries_total",
        None,
        "messages that the broker handed over; one that comes back from a retry queue counts anew",
    ),
    Explained(
        "order_relay_settled_total",
        "settlement",
        "how each of them ended; it is acknowledged only after that is safe with the broker",
    ),
    Explained("order_relay_replies_total", "status", "what producers were told"),
    Explained("order_relay_api_requests_total", "outcome", "calls of the API, by their outcome"),
    Explained(
        "order_relay_retries_total", "delay_seconds", "waits before another attempt, by tier"
    ),
    Explained("order_relay_in_flight", None, "orders at the API at this moment"),
    Explained("order_relay_held", "reason", "1 while all orders wait for this reason"),
)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The samples of one scrape: value by name and labels."""

    samples: tuple[tuple[str, Mapping[str, str], float], ...]

    def total(self, name: str) -> float:
        """The sum over all labels."""
        return sum(value for found, _, value in self.samples if found == name)

    def by(self, name: str, label: str) -> Mapping[str, float]:
        """The sums by one label, without those that are 0."""
        sums: Counter[str] = Counter()
        for found, labels, value in self.samples:
            if found == name and value:
                sums[labels.get(label, "")] += int(value)
        return sums


def scrape(relay_url: str) -> Metrics:
    """The metrics as they are now."""
    families = text_string_to_metric_families(web.get_text(f"{relay_url}/metrics"))
    return Metrics(tuple((s.name, s.labels, s.value) for f in families for s in f.samples))
