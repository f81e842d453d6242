"""What pip-audit's report says, and whether it says anything at all.

pip-audit itself ends with 0 and "No known vulnerabilities found" when the database knows none of
the packages, as an index without that database answers: it has then skipped all of them.
"""

from dataclasses import dataclass
from typing import assert_never

from pydantic import BaseModel


class Vulnerability(BaseModel):
    """One advisory that a version falls under."""

    id: str
    fix_versions: list[str] = []


class Dependency(BaseModel):
    """One pinned package: what is known of it, or why nothing is."""

    name: str
    version: str = ""
    vulns: list[Vulnerability] = []
    skip_reason: str | None = None


class Report(BaseModel):
    """pip-audit's JSON."""

    dependencies: list[Dependency]


@dataclass(frozen=True)
class Clean:
    """Every package was looked up, and nothing is known against it."""

    count: int


@dataclass(frozen=True)
class Vulnerable:
    """What is known, a line each."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Unchecked:
    """Packages of which the database said nothing; all of them when it cannot be reached."""

    names: tuple[str, ...]
    count: int


Verdict = Clean | Vulnerable | Unchecked


def judge(report: Report) -> Verdict:
    """A known vulnerability is said even where other packages could not be looked up."""
    found = [
        f"{package.name} {package.version}: {vulnerability.id}, {_mended_in(vulnerability)}"
        for package in report.dependencies
        for vulnerability in package.vulns
    ]
    if found:
        return Vulnerable(tuple(found))
    skipped = tuple(package.name for package in report.dependencies if package.skip_reason)
    if skipped or not report.dependencies:
        return Unchecked(skipped, len(report.dependencies))
    return Clean(len(report.dependencies))


def said(verdict: Verdict) -> list[str]:
    """The verdict in words."""
    match verdict:
        case Clean(count):
            return [f"{count} pinned packages, none with a known vulnerability"]
        case Vulnerable(lines):
            return [*lines, "WRONG: pinned packages have known vulnerabilities"]
        case Unchecked(names, count) if len(names) == count:
            return ["WRONG: the vulnerability database cannot be reached; nothing was checked"]
        case Unchecked(names, count):
            unknown = ", ".join(names)
            return [f"WRONG: {len(names)} of {count} packages could not be checked: {unknown}"]
        case _ as never:
            assert_never(never)


def _mended_in(vulnerability: Vulnerability) -> str:
    versions = ", ".join(vulnerability.fix_versions)
    return f"mended in {versions}" if versions else "not mended yet"
