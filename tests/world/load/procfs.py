"""What the kernel says about another process: memory and processor time."""

import os
from contextlib import suppress
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


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
    # The second field is the program's name, which may hold spaces and brackets.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / _TICKS_A_SECOND


def processes_of(directory: Path) -> set[int]:
    """The processes with the directory in their command line or environment."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if str(directory).encode() in told:
                found.add(int(process.name))
    return found
