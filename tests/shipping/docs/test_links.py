"""Every link of every page leads to a file, and to a headline where it names one."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("charts/**/*.md")]

_CODE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
_HEADLINE = re.compile(r"^#+ (.*)$", re.MULTILINE)


def headlines(page: Path) -> set[str]:
    """As links name them."""
    lines = _HEADLINE.findall(_CODE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in lines}


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    links = _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8")))
    return [link for link in links if not _leads(page, *link.partition("#")[::2])]


def _leads(page: Path, path: str, anchor: str) -> bool:
    file = page.parent / path if path else page
    return file.exists() and (not anchor or anchor in headlines(file))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_leads_somewhere(page: Path) -> None:
    """On this page and to others."""
    assert broken(page) == []


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    """A file, a headline of another page, one of its own; in code there are no links."""
    page, other = tmp_path / "page.md", tmp_path / "other.md"
    other.write_text("# One `thing`, here\n", encoding="utf-8")
    page.write_text(
        "# Here\n[a](other.md#one-thing-here) [b](#here) [c](https://example.com/x#y)\n"
        "[d](none.md) [e](other.md#two) [f](#there)\n```sh\n[g](none.md)\n```\n",
        encoding="utf-8",
    )
    assert broken(page) == ["none.md", "other.md#two", "#there"]
