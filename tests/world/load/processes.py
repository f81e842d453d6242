"""The relay and the stand-in of the order API, each as a process that its starter ends.

They run in sessions of their own: a terminal's Ctrl-C reaches only who started them, and that one
ends them in order. Both are context managers, so that nothing outlives the block.
"""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import dropwhile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from tests.world.broker.ports import LOOPBACK, free_ports
from tests.world.load.waiting import until

KEY = "load-test-key"
START_SECONDS = 60.0
STOP_SECONDS = 60.0
CONTROL_SECONDS = 60.0

CONSUMING = '"event": "consuming"'

ROOT = Path(__file__).resolve().parents[3]


class ProcessFailedError(Exception):
    """A process ended, or did not do what it was started for."""


class Process:
    """A process of this Python whose output goes to a file; gone at the end of the block.

    It runs in `cwd`, by default in the folder of the repository, and finds its modules anywhere.
    """

    launcher: Sequence[str] = (sys.executable, "-m")

    def __init__(
        self,
        name: str,
        directory: Path,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        cwd: Path = ROOT,
    ) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [*self.launcher, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**unmeasured(without_ours(os.environ)), "PYTHONPATH": paths, **environment},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    def send_signal(self, number: signal.Signals) -> None:
        """Sends a signal to the process; one that is gone takes none."""
        self._process.send_signal(number)

    def let_go(self) -> None:
        """It may outlive this process: nobody here waits for it any more."""
        self._process.returncode = 0

    async def stop(self) -> int:
        """Asks it to end with SIGTERM, and waits; the exit code."""
        self._process.terminate()
        try:
            return await asyncio.to_thread(self._process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            message = f"{self.name} did not end within {STOP_SECONDS:g} s of SIGTERM"
            raise ProcessFailedError(message) from None

    async def until_logged(
        self,
        pattern: str,
        *,
        poll_seconds: float = 0.02,
        timeout_seconds: float = START_SECONDS,
    ) -> str:
        """The first group of the pattern, once the process has written what it matches."""
        found: list[str] = []

        async def written() -> bool:
            self.check()
            match = re.search(pattern, self.log.read_text(encoding="utf-8", errors="replace"))
            if match:
                found.append(match[1])
            return bool(found)

        what = f"{self.name} writes {pattern!r}"
        await until(written, what, timeout_seconds=timeout_seconds, poll_seconds=poll_seconds)
        return found[0]

    def check(self) -> None:
        """Raises ProcessFailedError with the end of its output if it is not running."""
        code = self._process.poll()
        if code is not None:
            end = self.log.read_text(encoding="utf-8", errors="replace")[-2_000:]
            message = f"{self.name} ended with {code}:\n{end}"
            raise ProcessFailedError(message)


class ApiProcess(Process):
    """The stand-in, which takes `KEY` and keeps the latest `keep_calls` calls."""

    base_url: str

    def __init__(self, directory: Path, *, keep_calls: int = 10, more: Sequence[str] = ()) -> None:
        arguments = ["tests.world.standin", "--key", KEY, "--keep-calls", str(keep_calls), *more]
        super().__init__("stand-in", directory, arguments, {})

    @property
    def url(self) -> str:
        """The order endpoint."""
        return f"{self.base_url}/api/v2"

    async def ready(self) -> None:
        """Returns once it listens; the URLs are known from then on."""
        self.base_url = await self.until_logged(r"READY (\S+)")

    async def ask(self, method: str, path: str, **content: Any) -> Any:
        """What a control endpoint answers."""
        async with client() as http:
            response = await http.request(method, self.base_url + path, **content)
            return response.raise_for_status().json()


class RelayProcess(Process):
    """`order-relay run` with its defaults, but for where things are and the given settings.

    It runs in the directory of its log, where no `.env` is; a setting that is None is left out.
    """

    program: Sequence[str] = ("service", "run")

    def __init__(
        self,
        directory: Path,
        amqp_url: str,
        api_url: str,
        name: str = "relay",
        **settings: str | None,
    ) -> None:
        (port,) = free_ports(1)
        self.admin_url = f"http://{LOOPBACK}:{port}"
        ours = {
            "AMQP__URL": amqp_url,
            "API__URL": api_url,
            "API__KEY": KEY,
            "ADMIN__HOST": LOOPBACK,
            "ADMIN__PORT": str(port),
            "LOG__FORMAT": "json",
            "SECRETS_DIR": str(directory / "no-secrets"),
            **settings,
        }
        given = {key: value for key, value in ours.items() if value is not None}
        environment = {f"ORDER_RELAY_{key}": value for key, value in given.items()}
        super().__init__(name, directory, self.program, environment, cwd=directory)

    async def consuming(self, *, poll_seconds: float = 0.02) -> None:
        """Returns once it consumes."""
        await self.until_logged(f"({CONSUMING})", poll_seconds=poll_seconds)

    async def metrics(self) -> dict[str, float]:
        """Its metrics now, each series as it is written: `name{label="value"}`."""
        async with client() as http:
            answer = (await http.get(f"{self.admin_url}/metrics")).raise_for_status()
        rows = (line.rpartition(" ") for line in answer.text.splitlines() if line[:1] != "#")
        return {series: float(value) for series, _, value in rows}

    def troubles(self) -> list[str]:
        """What it has logged as a warning or worse, or without a level, since it first consumed."""
        with self.log.open(encoding="utf-8", errors="replace") as lines:
            since = dropwhile(lambda line: CONSUMING not in line, lines)
            return [line.rstrip() for line in since if '"level": "info"' not in line]


def client() -> httpx2.AsyncClient:
    """For processes of this machine."""
    # Without TLS settings: to read the machine's certificates takes longer than the request.
    return httpx2.AsyncClient(verify=False, trust_env=False, timeout=CONTROL_SECONDS)


def without_ours(environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's settings of a relay are not those of the relay under test."""
    return {name: value for name, value in environment.items() if name[:12] != "ORDER_RELAY_"}


def unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """Without the measuring of its lines: that is a third of the start of a process."""
    return {name: value for name, value in environment.items() if name[:9] != "COVERAGE_"}
