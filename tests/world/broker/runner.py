"""What a node needs from whatever runs it."""

import signal
from typing import Protocol


class Runner(Protocol):
    """One node as processes of this machine, or as a container."""

    def start(self) -> None:
        """Starts the node, the first time or again on the same files, and does not wait."""

    def send_signal(self, number: signal.Signals) -> None:
        """Sends a signal to the node; one that is gone takes none."""

    def is_running(self) -> bool:
        """Whether the node exists, ready or not."""
        ...

    def pid(self) -> int:
        """The process id of the node."""
        ...

    def wait_until_gone(self, timeout_seconds: float) -> bool:
        """Whether the node is gone within the time."""
        ...

    def remove(self) -> None:
        """Removes what the caller's directory does not hold."""

    def ctl(self, *arguments: str) -> str:
        """What `rabbitmqctl` prints for the node."""
        ...

    def log(self) -> str:
        """Everything that the node has logged."""
        ...
