"""What one scrape says, as series and their values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_LABEL = 40
"""Characters of a label's value: the relay's own are shorter, and others have to fit in a row."""

MOST = 1e18
"""No number of a relay is larger; beyond it sums and differences lose their sense."""

Labels = tuple[tuple[str, str], ...]
"""Names and values of a series' labels, in the order of the names."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """The usable values by metric and labels, and when they were read, by both clocks."""

    monotonic_seconds: float
    unix_seconds: float
    values: Mapping[str, Mapping[Labels, float]]

    def of(self, name: str) -> Mapping[Labels, float]:
        """The series of one metric; none where it is missing."""
        return self.values.get(name, {})

    def single(self, name: str) -> float | None:
        """The value of a metric without labels; None where it is missing."""
        return self.of(name).get(())


def labels_of(found: Mapping[str, str]) -> Labels:
    """The labels of one series, made fit to be shown."""
    return tuple(sorted((shown(name), shown(value)) for name, value in found.items()))


def shown(text: str, longest: int = LONGEST_LABEL) -> str:
    """`text` as a terminal may print it: no control characters, nothing wide, nothing endless."""
    # A foreign endpoint may answer with escape sequences, which would write anywhere on the screen.
    plain = "".join(c if c.isascii() and c.isprintable() else "?" for c in text[:longest])
    return plain if len(text) <= longest else plain[:-3] + "..."


def usable(value: float, *, unbounded: bool = False) -> bool:
    """Whether a number can be counted with; `unbounded` lets +Inf pass, which says "no limit"."""
    return abs(value) <= MOST or (unbounded and value == math.inf)
