"""When the next order is asked, where not all are sent: one at a time, or a probe now and then."""

from math import inf
from typing import assert_never

from service.flow.sending.states import Admission

DOUBT_SECONDS = 0.1
"""Between two attempts while it is in doubt: the others say what they meet within that."""

FIRST_PAUSE_SECONDS = 0.1
FIRST_REFUSED_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 4.7
"""Between two probes of all replicas: 64 calls in 5 minutes, and 5 s from its end to the rest."""

HANGS_SECONDS = 1.0
"""One that is asked and does not answer keeps the others waiting no longer."""


class Asking:
    """`at` is the monotonic time before which nobody is asked."""

    def __init__(self) -> None:
        self.at = -inf
        self.pause_seconds = FIRST_PAUSE_SECONDS

    def sent(self, admission: Admission, now: float) -> None:
        """Wait for the answer, but not for ever."""
        if admission is not Admission.ALL:
            hangs = LONGEST_PAUSE_SECONDS if admission is Admission.PROBE else HANGS_SECONDS
            self.at = now + hangs

    def ask_at(self, at: float) -> None:
        """Ask another then."""
        self.at = at

    def served(self) -> None:
        """Begin with short pauses the next time."""
        self.pause_seconds = FIRST_PAUSE_SECONDS

    def pause(self, admission: Admission, now: float, *, refused: bool, doubted: bool) -> None:
        """Set when the next one is asked, after an answer or with the first of the probes."""
        match admission:
            case Admission.PROBE:
                if refused:
                    # A person puts the key right: that is not done in a moment.
                    self.pause_seconds = max(self.pause_seconds, FIRST_REFUSED_PAUSE_SECONDS)
                self.at = now + self.pause_seconds
                self.lengthen()
            case Admission.ONE:
                self.at = now + (DOUBT_SECONDS if doubted else 0.0)
            case Admission.ALL | Admission.NOBODY:
                self.at = -inf
            case _ as never:  # pragma: no cover
                assert_never(never)

    def lengthen(self) -> None:
        """Ask less often where nothing comes of it."""
        self.pause_seconds = min(self.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
