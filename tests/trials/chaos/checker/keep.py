"""Keeping a run that went wrong: its history, its verdict, and the stories of its orders."""

import re
from collections import Counter
from pathlib import Path

from tests.trials.chaos.checker.story import story
from tests.trials.chaos.checker.verdict import Verdict
from tests.trials.chaos.checker.violation import Kind, Violation
from tests.trials.chaos.history import History

STORIES_OF_A_KIND = 10
"""More orders with one and the same fault say nothing new, and fill the disk."""


def keep(history: History, verdict: Verdict, directory: Path) -> tuple[Path, ...]:
    """Writes history.json, verdict.txt and a story for the first orders of each kind.

    Returns the files; the directory is made where it is missing.
    """
    directory.mkdir(parents=True, exist_ok=True)
    whole, told = directory / "history.json", directory / "verdict.txt"
    history.save(whole)
    _write(told, "\n".join([*verdict.lines(), "", *map(finding, verdict.violations)]) + "\n")
    stories = []
    written: Counter[Kind] = Counter()
    for violation in verdict.violations:
        if violation.request_id is None or written[violation.kind] >= STORIES_OF_A_KIND:
            continue
        written[violation.kind] += 1
        file = directory / _name(violation, written[violation.kind])
        page = story(history, violation.request_id)
        _write(file, f"{finding(violation)}\n\n{page}")
        stories.append(file)
    return whole, told, *stories


def finding(violation: Violation) -> str:
    """One finding as a line: the kind, the order, and what happened."""
    who = "" if violation.request_id is None else f" {violation.request_id!r}"
    return f"{violation.kind.upper()}{who}: {violation.sentence}"


def _name(violation: Violation, number: int) -> str:
    # A producer chooses the id: it may hold what a file's name cannot, up to 128 characters.
    safe = re.sub(r"[^A-Za-z0-9_-]+", "_", violation.request_id or "")[:60]
    return f"{violation.kind.replace(' ', '-')}-{number:02d}-{safe}.txt"


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", errors="backslashreplace")
