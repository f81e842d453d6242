"""Looking at this machine: the secrets' files, the admin port, the user."""

import errno
import os
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from service.app.settings import ShownSettings
from service.commands.doctor import judging, kinds
from service.commands.doctor.findings import Finding

WAIT_SECONDS = 1.0
_LISTENS = "0A"


def findings(settings: ShownSettings, secret_files: Iterable[Path]) -> list[Finding]:
    """What is found; takes some seconds at most."""
    found = list(judging.of_user(os.geteuid(), sys.prefix))
    for file in secret_files:
        # One that is just being rotated is there again in a moment.
        with suppress(OSError):
            found += judging.of_mode(str(file), file.stat().st_mode)
    return found + list(_port(settings.admin.host, settings.admin.port))


def _port(host: str, port: int) -> Iterator[Finding]:
    if port == 0:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        if taken and _is_relay(host, port):
            yield Finding(kinds.RUNS_HERE, f"a relay answers at port {port}")
        else:
            why = f"{who_has(port)} has it" if taken else (error.strerror or "no way").lower()
            yield Finding(kinds.PORT_TAKEN, f"port {port} of {host}: {why}")


def _is_relay(host: str, port: int) -> bool:
    """Whether what listens there answers as a relay does."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only
    try:
        with socket.create_connection((here, port), timeout=WAIT_SECONDS) as asking:
            asking.sendall(b"GET /livez HTTP/1.0\r\nHost: relay\r\n\r\n")
            answer = asking.recv(1024)
    except OSError:
        return False
    return answer.startswith((b"HTTP/1.0 200", b"HTTP/1.1 200", b"HTTP/1.1 503")) and (
        b"order-relay" in answer.lower() or b"application/json" in answer.lower()
    )


def who_has(port: int, proc: Path = Path("/proc")) -> str:
    """The process that listens at the port, as far as this user may see it."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port, proc)}
    for files in proc.glob("[0-9]*/fd") if sockets else ():
        # Other users' processes, and those that end meanwhile.
        with suppress(OSError):
            if any(str(file.readlink()) in sockets for file in files.iterdir()):
                name = (files.parent / "comm").read_text(encoding="utf-8", errors="replace")
                return f"process {files.parent.name} ({name.strip()})"
    return "another process"


def _listening(port: int, proc: Path) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (proc / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                _, _, number = fields[1].rpartition(":")
                if int(number, 16) == port and fields[3] == _LISTENS:
                    yield fields[9]
