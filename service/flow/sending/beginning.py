"""How much a process takes in at first: it may be the next of a row that crash.

The broker counts each delivery that a dead process held, and dead-letters a message after 50. With
a full prefetch one message that kills its process takes all that were held beside it along. What a
dead process held comes first: if that is what arrives, the process begins with one delivery.
"""

from math import inf

DOUBLED_SECONDS = 2.0
"""After each of these the process has outlived what it holds, and takes twice as many."""

_LONG = 16
"""Doublings after which there is no bound: AMQP's largest prefetch has 16 bits."""


class Beginning:
    """One delivery, until it is known whether it was delivered before; `over` from the start."""

    def __init__(self, *, over: bool = False) -> None:
        self._over = over
        self._careful_since: float | None = None

    def decides(self, now: float, *, redelivered: bool) -> bool:
        """Learn from a delivery; whether it was the first one, which decides."""
        if self._over or self._careful_since is not None:
            return False
        self._careful_since = now if redelivered else None
        self._over = not redelivered
        return True

    def most(self, now: float) -> float:
        """How many may be taken in at a time."""
        if self._over:
            return inf
        doublings = self._doublings(now)
        return inf if doublings >= _LONG else 2.0**doublings

    def next_change(self, now: float) -> float:
        """Seconds until time alone changes that."""
        if self._over or self._careful_since is None:
            return inf
        due = self._careful_since + DOUBLED_SECONDS * (self._doublings(now) + 1)
        return inf if self._doublings(now) >= _LONG else due - now

    def _doublings(self, now: float) -> int:
        since = now if self._careful_since is None else self._careful_since
        return int((now - since) // DOUBLED_SECONDS)
