"""Where each file of the repository is on the site, and its Markdown as the site reads it."""

import json
import re
from collections.abc import Callable, Collection
from pathlib import PurePosixPath as Path
from posixpath import normpath, relpath
from urllib.parse import urlsplit

_PAGES = {
    Path("README.md"): Path("readme.md"),
    Path("CHANGELOG.md"): Path("changelog.md"),
    Path("charts/order-relay/README.md"): Path("chart.md"),
}
"""Those outside of `docs` that are pages of the site."""

CODE = {
    ".go": "go",
    ".java": "java",
    ".mjs": "js",
    ".py": "python",
    ".sh": "sh",
    ".xml": "xml",
}
"""Code for producers, shown on a page each; the word is that of its fence."""

_SAMPLES = Path("docs/samples")
_FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
_ITEM = re.compile(r"(-|[0-9]\.) ")
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^)\s]+)\)")


def place(file: Path) -> Path | None:
    """The path on the site of a file of the repository; None of what is not on it."""
    if file in _PAGES:
        return _PAGES[file]
    if not file.is_relative_to("docs") or file.is_relative_to("docs/sources"):
        return None
    if file.is_relative_to(_SAMPLES):
        return Path("samples", f"{file.name}.md") if file.suffix in CODE else None
    there = file.relative_to("docs")
    return there.with_name("index.md") if there.name == "README.md" else there


def code_page(file: Path, text: str) -> str:
    """The page of a sample, taken from the file that is tested."""
    return f"# {file.name}\n\n`{file}`\n\n```{CODE[file.suffix]}\n{text.rstrip()}\n```\n"


def page(file: Path, text: str, is_folder: Callable[[Path], bool], repository: str) -> str:
    """The Markdown of a page, with links of the site and with lists as Python-Markdown reads them.

    What is not on the site is linked at `repository`, and is only named where that is empty.
    """

    def linked(found: re.Match[str]) -> str:
        picture, words, target = found.groups()
        parts = urlsplit(target)
        if parts.scheme or not parts.path:
            return found[0]
        path = Path(normpath(file.parent / parts.path))
        there = place(path / "README.md" if is_folder(path) else path)
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        if there is not None:
            start = place(file) or file
            return f"{picture}[{words}]({relpath(there, start.parent)}{fragment})"
        if repository:
            return f"{picture}[{words}]({repository}/blob/main/{path}{fragment})"
        return words if words.strip("`") in str(path) else f"{words} (`{path}`)"

    parts = _FENCE.split(_lists(text))
    return "".join(
        each if number % 2 else _LINK.sub(linked, each) for number, each in enumerate(parts)
    )


def navigation(configuration: str, pages: Collection[Path]) -> str:
    """The configuration with each folder of its navigation as the list of the folder's pages."""

    def listed(found: re.Match[str]) -> str:
        inside = sorted(each for each in pages if each.is_relative_to(found[1]))
        # A page called index is the folder's own.
        ordered = sorted(inside, key=lambda each: each.name != "index.md")
        return f"[{', '.join(map(json.dumps, map(str, ordered)))}]"

    return re.sub(r'"([a-z]+)/"', listed, configuration)


def _lists(text: str) -> str:
    """What belongs to an item is four columns in: with GitHub's two or three it would leave it.

    An item below a paragraph of another one needs an empty line, or it would be part of that.
    """
    lines: list[str] = []
    missing, is_loose = 0, False
    for line in text.split("\n"):
        inside = line.startswith("  ")
        if found := _ITEM.match(line):
            if is_loose and lines[-1]:
                lines.append("")
            missing, is_loose = 4 - len(found[0]), False
        elif line and not inside:
            missing, is_loose = 0, False
        elif inside and missing and not lines[-1]:
            is_loose = True
        lines.append(f"{' ' * missing}{line}" if inside else line)
    return "\n".join(lines)
