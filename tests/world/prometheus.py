"""A Prometheus of our own, on a free port of the loopback address, for as long as it is needed."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from urllib.request import urlopen

from tests.world.broker.ports import free_ports

_START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs."""

    url: str


def is_installed() -> bool:
    """Whether this machine has the program."""
    return shutil.which("prometheus") is not None


@contextmanager
def running(data: Path | None = None, configuration: str = "global: {}\n") -> Iterator[Prometheus]:
    """A server that is ready; `data` is a directory with blocks, or a new one is used."""
    with TemporaryDirectory(prefix="prometheus-") as folder:
        settings = Path(folder, "prometheus.yml")
        settings.write_text(configuration, encoding="utf-8")
        address = f"127.0.0.1:{free_ports(1)[0]}"
        log = Path(folder, "log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                (
                    "prometheus",
                    f"--config.file={settings}",
                    f"--storage.tsdb.path={data or Path(folder, 'data')}",
                    "--storage.tsdb.retention.time=10y",
                    f"--web.listen-address={address}",
                ),
                stdout=output,
                stderr=output,
                # A terminal's Ctrl-C is for who started it, and that one ends it.
                start_new_session=True,
            )
        try:
            _wait_until_ready(process, f"http://{address}", log)
            yield Prometheus(f"http://{address}")
        finally:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = monotonic() + _START_SECONDS
    while True:
        try:
            with urlopen(f"{url}/-/ready", timeout=10):
                return
        except (OSError, HTTPException) as error:
            if process.poll() is not None or monotonic() > deadline:
                raise AssertionError(log.read_text(encoding="utf-8")) from error
        sleep(0.1)
