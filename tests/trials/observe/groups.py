"""A control group of the kernel with a memory limit, as a container gets one; needs root.

`python -m tests.trials.observe.groups GROUP MODULE ...` runs the module in a group.
"""

import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.edges.telemetry.memory_limit import CGROUPS, MEMBERSHIP

_TRIES = 100
_PAUSE_SECONDS = 0.1


class CannotBeHereError(Exception):
    """The cause cannot be brought about on this machine; the message says why."""


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


def _enter(group: str, *module: str) -> None:
    # Never returns: the module's process is this one, in the group from its first step on.
    Path(group, "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    os.execv(sys.executable, [sys.executable, "-m", *module])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    _enter(*sys.argv[1:])
