"""What a person sees: a row for each guard as its fate is known, and what is wrong at the end."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from tests.trials.mutants.guard import Guard
from tests.trials.mutants.hunt import Fate, Found

LAST_LINES = 12


class Progress:
    """A row of the table for every guard that was tried."""

    def __init__(self, count: int, say: Callable[[str], None]) -> None:
        self._count = count
        self._say = say
        self._done = 0

    def __call__(self, found: Found) -> None:
        """Show it."""
        if not self._done:
            self._say(f"{'':9} {'guard':40} {'fate':9} {'seconds':>7}  by")
        self._done += 1
        place = f"{self._done}/{self._count}"
        fate, by = found.fate.value, _short(found.by)
        self._say(f"{place:>9} {found.guard.id:40} {fate:9} {found.seconds:7.1f}  {by}")


def catalogue(guards: Sequence[Guard]) -> Iterator[str]:
    """A line for each guard, and how many there are."""
    for guard in guards:
        yield f"{guard.id:40} {guard.protects}"
    yield f"{len(guards)} guards"


def summary(found: Sequence[Found], seconds: float) -> tuple[list[str], bool]:
    """The last lines, and whether every guard was missed by its tests."""
    lines = []
    for each in found:
        if each.fate is not Fate.CAUGHT:
            lines.append(f"{each.fate.value}: {each.guard.id}: {each.guard.protects}")
            lines.append(f"  in {each.guard.file}, by {', '.join(each.guard.tests)}")
        if each.fate in (Fate.BROKEN, Fate.TIMED_OUT):
            lines.extend(f"  | {line}" for line in each.output.splitlines()[-LAST_LINES:])
    counts = Counter(each.fate for each in found)
    told = ", ".join(f"{counts[fate]} {fate.value}" for fate in Fate if counts[fate])
    lines.append(f"{len(found)} guards: {told}; {seconds:.0f} s")
    return lines, counts[Fate.CAUGHT] == len(found)


def _short(test: str) -> str:
    return test.removeprefix("tests/")
