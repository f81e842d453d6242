"""What the relay says: its metrics, and the lines of its log that a newcomer wants to see."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from prometheus_client.parser import text_string_to_metric_families


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


def ask(method: str, url: str, **content: Any) -> httpx2.Response:
    """What a process of the demo answers; httpx2.HTTPError for anything but a 200."""
    # Without the environment: a proxy in it would be asked for an address of this machine.
    options: dict[str, Any] = {"verify": False, "trust_env": False, "timeout": TIMEOUT_SECONDS}
    return httpx2.request(method, url, **options, **content).raise_for_status()


def scrape(relay_url: str) -> Metrics:
    """The metrics as they are now."""
    families = text_string_to_metric_families(ask("GET", f"{relay_url}/metrics").text)
    return Metrics(tuple((s.name, s.labels, s.value) for f in families for s in f.samples))


TIMEOUT_SECONDS = 5.0
_HOLDS = {
    "throttled": "all orders wait as long as the API has asked to",
    "credentials": "all orders wait, one goes ahead to try the key",
    "circuit": "all orders wait, one goes ahead to try the API",
    "publisher": "all orders wait, the broker does not confirm",
}


@dataclass
class RelayLog:
    """Reads the log on from where it was read last."""

    path: Path
    _at: int = 0

    def news(self) -> list[str]:
        """A line for each wait and each hold since the last time."""
        with self.path.open("rb") as file:
            file.seek(self._at)
            whole, end, _ = file.read().rpartition(b"\n")
        self._at += len(whole) + len(end)
        return [text for line in _objects(whole) if (text := self._told(line)) is not None]

    def _told(self, line: dict[str, Any]) -> str | None:
        match line:
            case {"event": "retry", "request_id": str(name), "where": str(where)}:
                reason = line.get("reason")
                seconds = line.get("delay_seconds", 0)
                queue = " (retry queue)" if where == "queue" else ""
                return f"{name}: {reason}; again in {seconds:.1f} s{queue}"
            case {"event": "hold", "reason": str(why), "held": True}:
                return _HOLDS.get(why, why)
            case _:
                return None


def defects(path: Path) -> list[str]:
    """The errors in the log, but for the refused key that the demo brings about."""
    lines = _objects(path.read_bytes())
    bad = [line for line in lines if line.get("level") in ("error", "critical")]
    return [json.dumps(line) for line in bad if line.get("reason") != "credentials"]


def left_in_flight(path: Path) -> int:
    """How many orders the relay had to give back at its end; -1 where it did not end in order."""
    stopped = [line for line in _objects(path.read_bytes()) if line.get("event") == "stopped"]
    return int(stopped[-1].get("left", -1)) if stopped else -1


def _objects(text: bytes) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if isinstance(value, dict):
            yield value
