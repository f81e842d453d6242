"""What a report of pip-audit comes to."""

from typing import Any

import pytest

from tests.shipping.audit.verdict import Clean, Report, Unchecked, Verdict, Vulnerable, judge, said

GOOD: dict[str, Any] = {"name": "good", "version": "1.0", "vulns": []}
BAD: dict[str, Any] = {
    "name": "bad",
    "version": "1.0",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"], "aliases": [], "description": "-"},
        {"id": "PYSEC-2", "fix_versions": [], "aliases": [], "description": "-"},
    ],
}
SKIPPED: dict[str, Any] = {"name": "odd", "skip_reason": "Dependency not found on PyPI"}
FOUND = (
    "bad 1.0: PYSEC-1, mended in 1.1, 2.0",
    "bad 1.0: PYSEC-2, not mended yet",
)


@pytest.mark.parametrize(
    ("dependencies", "verdict"),
    [
        ([GOOD], Clean(1)),
        ([GOOD, BAD], Vulnerable(FOUND)),
        ([SKIPPED, BAD], Vulnerable(FOUND)),
        ([SKIPPED, SKIPPED], Unchecked(("odd", "odd"), 2)),
        ([GOOD, SKIPPED], Unchecked(("odd",), 2)),
        ([], Unchecked((), 0)),
    ],
    ids=["clean", "vulnerable", "vulnerable and skipped", "all skipped", "one skipped", "empty"],
)
def test_a_report_is_judged(dependencies: list[dict[str, Any]], verdict: Verdict) -> None:
    """A package that was skipped is no package without vulnerabilities."""
    assert judge(Report.model_validate({"dependencies": dependencies, "fixes": []})) == verdict


@pytest.mark.parametrize(
    ("verdict", "last"),
    [
        (Clean(3), "3 pinned packages, none with a known vulnerability"),
        (Vulnerable(FOUND), "WRONG: pinned packages have known vulnerabilities"),
        (
            Unchecked(("a", "b"), 2),
            "WRONG: the vulnerability database cannot be reached; nothing was checked",
        ),
        (
            Unchecked((), 0),
            "WRONG: the vulnerability database cannot be reached; nothing was checked",
        ),
        (Unchecked(("a",), 2), "WRONG: 1 of 2 packages could not be checked: a"),
    ],
)
def test_the_verdict_is_said(verdict: Verdict, last: str) -> None:
    """What was not checked is never said to be clean."""
    assert said(verdict)[-1] == last
