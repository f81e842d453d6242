"""Why orders are held for the account's sake, and since when."""

from service.flow.events.labels import HoldReason
from service.flow.sending import why as sentences
from service.flow.sending.states import Circuit, Key, Limit, States
from service.flow.sending.waits import Waits

UNCONFIRMED_SECONDS = 1.0
"""How long a suspicion may be one order's before it is said to be the account's."""


class Reasons:
    """Of each hold its sentence and its beginning, in monotonic seconds; `hold` where one is."""

    def __init__(self) -> None:
        self._why: dict[HoldReason, tuple[str, float]] = {}
        self.hold = False

    def become(self, states: States, why: str, now: float) -> None:
        """Take these for the states of now; what holds already keeps its sentence."""
        held = {
            HoldReason.CREDENTIALS: states.key is not Key.TRUSTED,
            HoldReason.CIRCUIT: states.circuit is Circuit.OPEN,
            HoldReason.THROTTLED: states.limit is not Limit.KEPT,
        }
        began = {reason: (why, now) for reason, holds in held.items() if holds}
        self._why = {reason: self._why.get(reason, new) for reason, new in began.items()}
        self.hold = bool(self._why)

    def since(self) -> float | None:
        """When the oldest began."""
        return min((since for _, since in self._why.values()), default=None)

    @property
    def confirmed_at(self) -> float:
        """When a suspicion that lasts is the account's."""
        return self._why[HoldReason.CREDENTIALS][1] + UNCONFIRMED_SECONDS

    def told(self, states: States, waits: Waits, now: float) -> dict[HoldReason, str]:
        """Those that are to be known at `now`, each with its sentence."""
        told = {reason: why for reason, (why, _) in self._why.items()}
        if states.key is Key.SUSPECTED and now < self.confirmed_at:
            del told[HoldReason.CREDENTIALS]
        if HoldReason.THROTTLED in told:
            seconds = waits.until - waits.since
            told[HoldReason.THROTTLED] = sentences.throttled(seconds, asked_here=waits.asked_here)
        if states.limit is Limit.TRYING:
            del told[HoldReason.THROTTLED]
        return told
