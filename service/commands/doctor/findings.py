"""What was found, and what it comes to."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How bad it is."""

    OK = "ok"
    LOOK = "look"
    """It works, and may not for long."""
    WRONG = "wrong"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding."""

    code: str
    mark: Mark
    meaning: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One of a kind: what is so, in a sentence without secrets."""

    kind: Kind
    found: str

    def as_json(self) -> dict[str, str]:
        """All of it, as `--json` prints it."""
        return asdict(self.kind) | {"found": self.found}


def chosen(findings: Iterable[Finding], only: Sequence[str], skip: Sequence[str]) -> list[Finding]:
    """Those whose codes begin with one of `only`, where any is given, and with none of `skip`.

    Why something could not be looked at is always told: else nothing found would be good.
    """
    only = (*only, "OR-X", "OR-B") if only else ()
    return [
        each
        for each in findings
        if (not only or each.kind.code.startswith(tuple(only)))
        and not each.kind.code.startswith(tuple(skip))
    ]


def is_wrong(findings: Iterable[Finding]) -> bool:
    """Whether anything is wrong."""
    return any(each.kind.mark is Mark.WRONG for each in findings)


def verdict(findings: Sequence[Finding]) -> str:
    """The last line: whether orders can flow."""
    wrong, look, unchecked = (
        sum(each.kind.mark is mark for each in findings)
        for mark in (Mark.WRONG, Mark.LOOK, Mark.UNCHECKED)
    )
    if not findings:
        return "Nothing was looked at."
    if wrong:
        return f"Not good to go: {_things(wrong)} wrong."
    if look:
        return f"Good to go, but look at {look}."
    if unchecked:
        return f"Good to go, as far as it was checked ({_things(unchecked)} not)."
    return "Good to go."


def _things(number: int) -> str:
    return "1 thing is" if number == 1 else f"{number} things are"
