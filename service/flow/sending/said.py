"""What the replicas say to each other."""

from math import inf

from service.core.record import record

NEWS_SECONDS = 0.2
"""By so much a wait must have grown to be said at once."""


@record(frozen=True, slots=True, kw_only=True)
class State:
    """What a replica wants and knows; the rates are of the whole account.

    The weight is 1 while orders wait, less while idle, 0 while held. `lessons` counts the 429s that
    the ceiling was learned from, whoever met them. `troubled` says that the API serves this replica
    nothing, `served_ago` how many seconds ago it last did. `able` says that it could send, whatever
    it weighs.
    """

    weight: float = 0.0
    not_before_in: float = 0.0
    ceiling: float | None = None
    lessons: int = 0
    budget: float | None = None
    troubled: bool = False
    served_ago: float | None = None
    able: bool = True


@record(frozen=True, slots=True, kw_only=True)
class Said(State):
    """A message: who says it, what it has read so far, when it says it and how long that counts.

    One that `counts` cannot read, and takes its part by the number of consumers.
    """

    id: str
    seen: int
    at: float
    life: float
    bye: bool = False
    counts: bool = False


@record(frozen=True, slots=True)
class Peer:
    """What another one said last, and when that was heard."""

    said: Said
    heard_at: float

    @property
    def not_before(self) -> float:
        """Until when the API asked it to wait."""
        return self.heard_at + self.said.not_before_in if self.said.not_before_in > 0 else -inf

    @property
    def served_at(self) -> float:
        """When the API last served it, or a little later: the message was on its way."""
        return -inf if self.said.served_ago is None else self.heard_at - self.said.served_ago


def is_news(state: State, last: Said, now: float) -> bool:
    """Whether the others should not wait for it: more is wanted, or they had better not send."""
    waits_longer = now + state.not_before_in > last.at + last.not_before_in + NEWS_SECONDS
    longer = state.not_before_in > 0 and waits_longer
    return state.weight > last.weight or state.troubled != last.troubled or longer
