"""Who leaves the line unsent, and how: pure rules.

| who                                                        | leaves        |
|------------------------------------------------------------|---------------|
| a suspect, when a later order was served                   | alone         |
| what has not begun, in a long hold, while nothing arrives  | back          |
| what has begun, when the API asks for a long wait          | elsewhere     |
| what has not begun, while others send for this replica      | back          |
| all suspects but one, while the account is refused         | elsewhere     |
| everyone, at the end of the process and of one's patience  | elsewhere     |

The first fresh one stays in a hold: it is asked for the others.
"""

from collections.abc import Sequence

from service.core.record import record
from service.flow.sending.line import Turn, TurnedAway
from service.flow.sending.suspects import Suspects

PATIENCE_SECONDS = 300.0
"""How long a held order stays in the process: brokers take back what is unacked for 30 minutes."""

LONG_WAIT_SECONDS = 60.0

SHORT_HOLD_SECONDS = 10.0
"""So long all keep their places: what is given back counts as perhaps sent."""


@record(frozen=True, slots=True, kw_only=True)
class Situation:
    """What holds the orders; times are monotonic seconds.

    `probing_seconds` is how long nothing but probes has been sent, `wait_seconds` how long the API
    asks to wait still. `refused` says that the account is, `arriving` that deliveries come, and
    `stands_by` that other replicas send for this one.
    """

    now: float
    ends: bool
    arriving: bool
    held_since: float | None
    wait_seconds: float
    probing_seconds: float
    refused: bool
    stands_by: bool = False

    @property
    def waits_long(self) -> bool:
        """Whether the wait is too long to stay unacked."""
        return self.wait_seconds > LONG_WAIT_SECONDS

    @property
    def holds_long(self) -> bool:
        """Whether what has not begun is better off with the broker."""
        return self.stands_by or self.waits_long or self.probing_seconds >= SHORT_HOLD_SECONDS


def leave_by(turn: Turn, situation: Situation) -> float:
    """When `turn` leaves at the latest."""
    if situation.held_since is None:
        return turn.leave_by
    return min(turn.leave_by, max(situation.held_since, turn.arrived_at) + PATIENCE_SECONDS)


def leaving(
    line: Sequence[Turn], suspects: Suspects, situation: Situation
) -> list[tuple[Turn, TurnedAway]]:
    """Who of the line leaves now, in its order."""
    asked = [next((turn for turn in line if turn.fresh), None)]
    asked.append(next((turn for turn in line if turn in suspects), None))
    whys = ((turn, _why(turn, turn in asked, suspects, situation)) for turn in line)
    return [(turn, why) for turn, why in whys if why is not None]


def _why(turn: Turn, asked: bool, suspects: Suspects, situation: Situation) -> TurnedAway | None:  # noqa: FBT001
    if suspects.alone(turn):
        return TurnedAway.ALONE
    over = situation.ends or situation.now >= leave_by(turn, situation)
    back = situation.holds_long and not situation.arriving and turn.may_return and not turn.sent
    everyone = situation.waits_long or situation.stands_by
    if back and (over or everyone or not asked):
        return TurnedAway.BACK
    begun = situation.waits_long and turn.sent
    others_send = situation.stands_by and not situation.arriving
    spare = situation.refused and turn in suspects and not asked
    return TurnedAway.ELSEWHERE if over or begun or spare or others_send else None
