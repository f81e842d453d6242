"""What `top` shows at a moment, as a value: instances, their figures, the queues, the findings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.commands.top.changes import Change
from service.commands.top.checks import find
from service.commands.top.figures import Figures, figures
from service.commands.top.findings import Finding
from service.commands.top.samples import Scrape
from service.core.depths import Queues


@dataclass(frozen=True, slots=True)
class Answering:
    """A relay that answered."""

    address: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Silent:
    """One that did not, and why."""

    address: str
    why: str


Instance = Answering | Silent


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown; `figures` are None where no relay answered."""

    at: datetime
    instances: tuple[Instance, ...]
    figures: Figures | None
    queues: Queues
    findings: tuple[Finding, ...]
    window_seconds: float | None
    """What the rates are over; None where the figures are those since the start."""


def build_view(answers: Mapping[str, Sequence[Scrape] | str], queues: Queues, at: datetime) -> View:
    """The view of what each address gave: its scrapes, the oldest first, or why it gave none."""
    instances: list[Instance] = []
    changes: list[Change] = []
    for address, answer in answers.items():
        match answer:
            case str():
                instances.append(Silent(address, answer))
            case [*earlier, latest]:
                change = Change(earlier[0] if earlier else None, latest)
                changes.append(change)
                instances.append(Answering(address, figures([change])))
            case _:
                instances.append(Silent(address, "not asked yet"))
    total = figures(changes) if changes else None
    silent = sum(isinstance(instance, Silent) for instance in instances)
    return View(
        at,
        tuple(instances),
        total,
        queues,
        find(total, queues, silent=silent, of=len(instances)),
        _window(changes),
    )


def _window(changes: Iterable[Change]) -> float | None:
    seconds = (change.seconds for change in changes)
    return max((each for each in seconds if each is not None), default=None)


def kept(scrapes: Sequence[Scrape], window_seconds: float) -> list[Scrape]:
    """Those that the next view needs: the window's, and always the one before the latest."""
    if not scrapes:
        return []
    oldest = scrapes[-1].monotonic_seconds - window_seconds
    inside = [scrape for scrape in scrapes if scrape.monotonic_seconds >= oldest]
    return inside if len(inside) > 1 else list(scrapes[-2:])
