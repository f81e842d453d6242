"""What telemetry costs an order: the flow alone with more and more of it, and whole relays."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.trials.bench.figures import Figure, figure, in_turns, ratio
from tests.trials.bench.flow_process import Kind
from tests.world.load.processes import ROOT

NAMES = {
    Kind.NOTHING: "no telemetry",
    Kind.METRICS: "metrics",
    Kind.LINES: "metrics and lines",
    Kind.TRACES_UNSAMPLED: "traces on, none sampled",
    Kind.TRACES: "traces on, all sampled",
}


class FlowProcess:
    """One side, in a process that serves when it is told to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    @contextmanager
    def start(cls, kind: Kind, collector: str) -> Iterator["FlowProcess"]:
        """A process of its own; gone at the end of the block."""
        command = [sys.executable, "-m", "tests.trials.bench.flow_process", kind, collector]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)
        try:
            yield cls(process)
        finally:
            process.kill()
            process.communicate()

    def burst(self, orders: int) -> float:
        """The microseconds of an order."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{orders}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


def flow(collector_url: str, *, rounds: int, orders: int) -> list[Figure]:
    """The processor time of an order in the flow alone, with each kind of telemetry."""
    with ExitStack() as stack:
        sides = [
            (kind, stack.enter_context(FlowProcess.start(kind, collector_url))) for kind in Kind
        ]
        for _, side in sides:
            side.burst(orders)
        found: dict[Kind, list[float]] = {kind: [] for kind in Kind}
        for turn in range(rounds):
            for kind, side in in_turns(sides, turn):
                found[kind].append(side.burst(orders))
    figures = [figure(f"flow alone, {NAMES[kind]}", "µs", found[kind]) for kind in Kind]
    for kind in (Kind.METRICS, Kind.LINES):
        name = f"flow alone, {NAMES[kind]} / {NAMES[Kind.NOTHING]}"
        figures.append(ratio(name, found[kind], found[Kind.NOTHING]))
    for kind in (Kind.TRACES_UNSAMPLED, Kind.TRACES):
        name = f"flow alone, {NAMES[kind]} / off"
        figures.append(ratio(name, found[kind], found[Kind.LINES]))
    return figures
