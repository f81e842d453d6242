"""Free ports of the loopback address that outgoing connections cannot take in the meantime."""

import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 12_000
# Nobody listens yet on those of a node that is about to start.
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """Distinct ports of 127.0.0.1 that nobody listens on, outside the ephemeral range.

    A port of the ephemeral range may be taken by any outgoing connection while the node that
    owns it is down, and a client that tries such a port again and again can reach itself.
    """
    candidates = list(range(_LOWEST, _first_ephemeral()))
    random.SystemRandom().shuffle(candidates)
    free: list[int] = []
    for port in candidates:
        if len(free) == count:
            _given.update(free)
            return free
        if port not in _given and _is_free(port):
            free.append(port)
    message = f"fewer than {count} free ports on {LOOPBACK}"
    raise OSError(message)


def accepts(port: int, timeout_seconds: float = 1.0) -> bool:
    """Whether something on this machine accepts connections on the port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=timeout_seconds).close()
    except OSError:
        return False
    return True


def _first_ephemeral() -> int:
    try:
        first = int(_EPHEMERAL.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return 32_768
    return first if first > _LOWEST + 1_000 else 32_768


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
