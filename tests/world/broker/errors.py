"""What can go wrong with a node of our own, and running a program that may go wrong."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class BrokerError(Exception):
    """The node did not do what was asked; the message holds what it said."""


class NodeFailureError(BrokerError):
    """The node failed at what it can do; it may do it when it is asked again."""


def output_of(
    command: Sequence[str],
    name: str,
    *,
    timeout_seconds: float,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> str:
    """What a program prints; BrokerError with its name and its complaint where it fails."""
    done = subprocess.run(
        command,
        env=environment,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )
    if done.returncode != 0:
        message = f"{name}: {(done.stderr or done.stdout).strip()[-1_000:]}"
        raise BrokerError(message)
    return done.stdout
