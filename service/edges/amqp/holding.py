"""Why the publisher lets no order be sent: several doubts at a time, and one sentence for all."""

from collections.abc import Callable
from enum import IntEnum


class Doubt(IntEnum):
    """What can keep results from being published; of several the first is told."""

    BLOCKED = 1
    UNPROVEN = 2


class Holding:
    """Holds while there is any doubt."""

    def __init__(self, hold: Callable[[str], None], lift: Callable[[], None]) -> None:
        self._hold = hold
        self._lift = lift
        self._doubts: dict[Doubt, str] = {}

    def why(self, doubt: Doubt) -> str | None:
        """The sentence of a doubt; None where there is none."""
        return self._doubts.get(doubt)

    def begin(self, doubt: Doubt, why: str) -> None:
        """Hold for this, or go on holding with another sentence."""
        self._doubts[doubt] = why
        self._hold(self._doubts[min(self._doubts)])

    def end(self, doubt: Doubt) -> None:
        """Lift the hold, unless there is another doubt."""
        if self._doubts.pop(doubt, None) is None:
            return
        if self._doubts:
            self._hold(self._doubts[min(self._doubts)])
        else:
            self._lift()
