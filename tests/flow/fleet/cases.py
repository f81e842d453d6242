"""What a case is: a name, a world that is played, and figures with their bounds."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal

from tests.world.standin.limiter import Bucket, Limited, Window

LIMITS: dict[str, type[Limited]] = {"bucket": Bucket, "window": Window}


@dataclass(frozen=True, slots=True)
class Figure:
    """What was seen, and what it may be."""

    what: str
    seen: float
    sign: Literal[">=", "<="]
    bound: float

    @property
    def met(self) -> bool:
        """Whether it is within the bound."""
        return self.seen >= self.bound if self.sign == ">=" else self.seen <= self.bound

    def __str__(self) -> str:
        return f"{self.what} {self.seen:.4g} ({self.sign} {self.bound:.4g})"


Case = Callable[[], Coroutine[Any, Any, list[Figure]]]


def at_least(what: str, seen: float, bound: float) -> Figure:
    """A figure that may not be less."""
    return Figure(what, seen, ">=", bound)


def at_most(what: str, seen: float, bound: float) -> Figure:
    """A figure that may not be more."""
    return Figure(what, seen, "<=", bound)
