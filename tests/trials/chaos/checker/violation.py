"""What can be wrong with a run: a closed set of kinds, and one finding of one of them."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Which invariant does not hold."""

    LOST = "lost"
    DOUBLED = "doubled"
    TWO_FORMS = "two forms"
    CONTRADICTORY = "contradictory"
    LATE = "late"
    NOT_QUIET = "not quiet"
    INVENTED = "invented"
    UNPARKED = "unparked"
    WEAKENED = "weakened"
    TWINS = "twins"

    @property
    def fails(self) -> bool:
        """Whether one of it makes the run a failure; the others are counted and told."""
        return self not in {Kind.WEAKENED, Kind.TWINS}


@dataclass(frozen=True, slots=True)
class Violation:
    """One finding; `request_id` is None where it concerns the whole run.

    `sentence` says what happened, with times in seconds since the run's first event.
    """

    kind: Kind
    request_id: str | None
    sentence: str
