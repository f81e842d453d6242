"""What was seen beside what must be, as a table in Markdown: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """A figure and its bounds; where it has none, it is only told."""

    what: str
    value: float
    least: float | None = None
    most: float | None = None
    percent: bool = False

    @property
    def good(self) -> bool:
        """Whether it is within its bounds."""
        above = self.least is None or self.value >= self.least
        return above and (self.most is None or self.value <= self.most)

    def told(self) -> str:
        """The figure as people read it."""
        return f"{self.what} {self._number(self.value)}"

    def bounds(self) -> str:
        """What it must be."""
        words = []
        if self.least is not None:
            words.append(f">= {self._number(self.least)}")
        if self.most is not None:
            words.append(f"<= {self._number(self.most)}")
        return " and ".join(words) or "-"

    def _number(self, value: float) -> str:
        if self.percent:
            return f"{100 * value:.1f} %"
        return f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def share(
    what: str, value: float, *, least: float | None = None, most: float | None = None
) -> Seen:
    """A figure that is told in percent."""
    return Seen(what, value, least, most, percent=True)


@dataclass(frozen=True, slots=True)
class Result:
    """A case, who played it, and what was seen; or why it could not be played."""

    case: str
    by: str
    seen: Sequence[Seen] = ()
    problem: str = ""

    @property
    def missed(self) -> list[Seen]:
        """The figures that are not within their bounds."""
        return [one for one in self.seen if not one.good]

    @property
    def good(self) -> bool:
        """Whether it was played, and all is as it must be."""
        return not self.missed and not self.problem

    def row(self) -> str:
        """Its line of the table."""
        seen = self.problem or ", ".join(one.told() for one in self.seen)
        must = ", ".join(one.bounds() for one in self.seen)
        return f"| {self.case} | {self.by} | {seen} | {must} | {'' if self.good else 'MISSED'} |"


def markdown(results: Iterable[Result]) -> str:
    """A row for each."""
    head = ("| case | by | seen | must be | |", "|---|---|---|---|---|")
    return "\n".join((*head, *(result.row() for result in results)))
