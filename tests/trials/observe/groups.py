"""A control group of the kernel with a memory limit, as a container gets one; needs root."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.edges.telemetry.memory_limit import CGROUPS, MEMBERSHIP
from tests.trials.observe.scenes import CannotBeHereError

_TRIES = 100
_PAUSE_SECONDS = 0.1


@contextmanager
def memory_group(limit_bytes: int) -> Iterator[Path]:
    """A group of this limit for processes that enter it; CannotBeHereError where there is none."""
    parent, limit_file = _place()
    group = parent / f"order-relay-observe-{os.getpid()}-{secrets.token_hex(3)}"
    try:
        group.mkdir()
        (group / limit_file).write_text(str(limit_bytes), encoding="ascii")
    except OSError as error:
        if group.exists():
            group.rmdir()
        message = f"no control group with a memory limit can be made ({error})"
        raise CannotBeHereError(message) from error
    try:
        yield group
    finally:
        _remove(group)


def _place() -> tuple[Path, str]:
    """Where a group can be made, and the file of its limit: version 1 under our own, else 2."""
    for line in MEMBERSHIP.read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return CGROUPS / "memory" / path.removeprefix("/"), "memory.limit_in_bytes"
    return CGROUPS, "memory.max"


def _remove(group: Path) -> None:
    # The kernel lets go of the last process of a group a moment after that process is gone.
    for _ in range(_TRIES):
        try:
            group.rmdir()
        except OSError:
            time.sleep(_PAUSE_SECONDS)
        else:
            return
