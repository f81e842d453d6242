"""What our Prometheus scrapes: relays that come and go, and the broker; pure but for one file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

JOB = "order-relay"
BROKER_JOB = "rabbitmq"
FAMILIES = ("queue_coarse_metrics", "queue_consumer_count")
"""The broker's own metrics, a series a queue, that the rules and dashboards ask for."""


@dataclass(frozen=True, slots=True)
class Scraping:
    """How often everything is scraped and the rules are evaluated, and which rules."""

    every_seconds: int = 1
    rules: Sequence[Path] = ()


def configuration(scraping: Scraping, targets: Path, broker_url: str) -> str:
    """The configuration of Prometheus; JSON is YAML, too."""
    every = f"{scraping.every_seconds}s"
    broker = urlsplit(broker_url)
    return json.dumps(
        {
            "global": {
                "scrape_interval": every,
                "scrape_timeout": every,
                "evaluation_interval": every,
            },
            "rule_files": [str(file) for file in scraping.rules],
            "scrape_configs": [
                {
                    "job_name": JOB,
                    "file_sd_configs": [{"files": [str(targets)], "refresh_interval": every}],
                },
                _broker("metrics", broker.path, broker.netloc, {}),
                _broker("detailed", f"{broker.path}/detailed", broker.netloc, {"family": FAMILIES}),
            ],
        },
        indent=2,
    )


def _broker(
    endpoint: str, path: str, address: str, params: Mapping[str, Sequence[str]]
) -> dict[str, object]:
    # Two pages of one job: without a label that tells them apart, both would be one `up`.
    labels = {"job": BROKER_JOB, "namespace": BROKER_JOB, "endpoint": endpoint}
    return {
        "job_name": f"{BROKER_JOB}-{endpoint}",
        "metrics_path": path,
        "params": {name: list(values) for name, values in params.items()},
        "static_configs": [{"targets": [address], "labels": labels}],
    }


@dataclass(slots=True)
class Targets:
    """The file that tells Prometheus which relays there are: by namespace and pod, an address."""

    file: Path
    _known: dict[tuple[str, str], str]

    @classmethod
    def none_yet(cls, file: Path) -> "Targets":
        """A file without any."""
        targets = cls(file, {})
        targets._write()
        return targets

    def put(self, namespace: str, pod: str, url: str) -> None:
        """From now on the pod is found at this URL's address."""
        self._known[namespace, pod] = urlsplit(url).netloc
        self._write()

    def remove(self, namespace: str) -> None:
        """All pods of a namespace are gone."""
        self._known = {key: address for key, address in self._known.items() if key[0] != namespace}
        self._write()

    def _write(self) -> None:
        groups = [
            {"targets": [address], "labels": {"namespace": namespace, "pod": pod}}
            for (namespace, pod), address in self._known.items()
        ]
        # Renamed into its place: Prometheus must not read half a file.
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(groups), encoding="utf-8")
        new.rename(self.file)
