"""docs/house.md: every file that it names is there, and a change begins in at most four of them."""

import re
from pathlib import Path

import pytest

from charts.sources.dashboards.orders.api import HELD
from service.core.codes import Code
from service.flow.events.labels import HoldReason

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
CHANGES = [
    "an API error code",
    "a reply field",
    "a metric",
    "a setting",
    "another order API",
    "a retry rule",
    "a hold reason",
    "an alert",
    "what the doctor looks at",
    "a command",
    "the HTTP client",
    "a panel",
    "a broker argument",
]
MOST_FILES = 4

_LINK = re.compile(r"\]\(([^)#]+)\)")
_NAMED = re.compile(r"`((?:service|tests|charts|docs)/[^`]+)`")


def _answers() -> dict[str, str]:
    parts = re.split(r"^### \.\.\. (.+)\?$", PAGE, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_change_is_there() -> None:
    """Each with a headline of its own, in this order."""
    assert list(_answers()) == CHANGES


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_begins_in_at_most_four_files(change: str) -> None:
    """They are linked, and what comes after them is said."""
    files, then, _ = _answers()[change].partition("\nThen: ")
    assert then
    assert 0 < len(_LINK.findall(files)) <= MOST_FILES


def test_every_file_that_is_named_is_there() -> None:
    """Linked from the page, or named by its path."""
    paths = [*(ROOT / "docs" / link for link in _LINK.findall(PAGE))]
    paths += [ROOT / name for name in _NAMED.findall(PAGE)]
    assert len(paths) > len(CHANGES)
    assert [path for path in paths if not path.exists()] == []


def test_every_code_is_on_the_contracts_page() -> None:
    """A producer that meets one finds it there."""
    page = (ROOT / "docs" / "contract" / "README.md").read_text(encoding="utf-8")
    assert [code for code in Code if f"`{code}`" not in page] == []


def test_the_panel_explains_every_hold_reason() -> None:
    """What to do about it, by its name."""
    assert [reason for reason in HoldReason if f"`{reason}`:" not in HELD.otherwise] == []
