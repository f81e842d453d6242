"""What the kernel says about another process: memory and processor time."""

import time
from contextlib import suppress
from pathlib import Path


def resident_kib(pid: int) -> int:
    """The memory that the process has in RAM, in KiB."""
    return _status(pid, "VmRSS")


def peak_kib(pid: int) -> int:
    """The most memory that the process has had in RAM, in KiB."""
    return _status(pid, "VmHWM")


def _status(pid: int, wanted: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == wanted:
            return int(value.split()[0])
    message = f"process {pid} has ended"
    raise ProcessLookupError(message)


def open_files(pid: int) -> int:
    """How many descriptors the process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def cpu_seconds(pid: int) -> float:
    """The processor time that the process has used, in user and system mode together."""
    # Linux makes the number of a process's clock of its id like this (clock_getcpuclockid(3), which
    # Python lacks). /proc counts in ticks of 10 ms: a short turn of a cheap process reads as none.
    return time.clock_gettime((~pid << 3) | 2)


def processes_of(directory: Path) -> set[int]:
    """The processes with the directory in their command line or environment."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if str(directory).encode() in told:
                found.add(int(process.name))
    return found
