"""What was found, counted by family; the offending cases are kept on disk."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

SECONDS_BETWEEN_LINES = 5.0
MOST_KEPT = 200
MOST_SAID = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One case, and what is wrong with how it was taken; `case` is what it takes to repeat it."""

    family: str
    name: str
    problems: tuple[str, ...]
    case: str = ""


@dataclass(slots=True)
class Findings:
    """All cases so far. `folder` is made when the first offending case is kept in it."""

    expected: int
    folder: Path
    say: Callable[[str], None]
    tried: Counter[str] = field(default_factory=Counter)
    offending: Counter[str] = field(default_factory=Counter)
    _said_at: float = field(default_factory=time.monotonic)

    @property
    def clean(self) -> bool:
        """Whether there were cases, and nothing was wrong with any."""
        return bool(self.tried) and not self.offending

    def add(self, finding: Finding) -> None:
        """Count a case, and keep it if it offends."""
        self.tried[finding.family] += 1
        if finding.problems:
            self.offending[finding.family] += 1
            self._keep(finding)
        self.progress(self.tried.total())

    def progress(self, count: int) -> None:
        """Say now and then how many were tried."""
        if time.monotonic() - self._said_at > SECONDS_BETWEEN_LINES:
            self._said_at = time.monotonic()
            self.say(f"{count:,} of {self.expected:,}")

    def table(self) -> list[str]:
        """A line a family: how many, and how many of them offend."""
        width = max(map(len, self.tried), default=0)
        rows = [
            f"  {family:<{width}}  {count:>7,}  {self._verdict(family)}"
            for family, count in sorted(self.tried.items())
        ]
        wrong = self.offending.total()
        total = f"{self.tried.total():,} in {len(self.tried)} families"
        return [*rows, f"{total}: {'all is well' if not wrong else f'{wrong:,} offend'}"]

    def _verdict(self, family: str) -> str:
        wrong = self.offending[family]
        return f"{wrong:,} OFFEND" if wrong else "well"

    def _keep(self, finding: Finding) -> None:
        number = self.offending.total()
        if number > MOST_KEPT:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{number:04d} {finding.family}.txt"
        lines = (finding.family, finding.name, *finding.problems, "", finding.case, "")
        path.write_text("\n".join(lines), encoding="utf-8", errors="backslashreplace")
        if number <= MOST_SAID:
            self.say(f"WRONG: {finding.family} {finding.name}: {'; '.join(finding.problems)[:400]}")
            self.say(f"       kept as {path}")
