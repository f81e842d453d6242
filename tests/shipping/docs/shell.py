"""The shell commands of the pages for the person on call, taken out as that person pastes them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

DOCS = Path(__file__).parents[3] / "docs"
OPERATING = DOCS / "operating.md"
PAGES = (OPERATING, *sorted((DOCS / "runbooks").glob("*.md")))

_BLOCK = re.compile(r"^( *)```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_DEFINES = re.compile(r"(\w+=\S|\w+\(\) \{)")
_COMMENT = re.compile(r"^#.*$|\s+#.*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One block: what is defined by then on its page, and the commands that use it, each whole."""

    page: str
    definitions: tuple[str, ...]
    commands: tuple[str, ...]


def blocks() -> list[Block]:
    """Of all pages, in their order; the first one makes the words of all others."""
    return [block for page in PAGES for block in _of_page(page.stem, page.read_text("utf-8"))]


def program(command: str) -> str:
    """What it runs first."""
    return command.split(maxsplit=1)[0]


def _of_page(page: str, text: str) -> Iterator[Block]:
    definitions: tuple[str, ...] = ()
    for _, found in _BLOCK.findall(text):
        whole = _whole(dedent(found))
        # What a block defines is there for those below it, too.
        definitions += tuple(one for one in whole if _DEFINES.match(one))
        commands = (_COMMENT.sub("", one).strip() for one in whole if not _DEFINES.match(one))
        yield Block(page, definitions, tuple(one for one in commands if one))


def _whole(text: str) -> list[str]:
    """Its commands: one goes on after a pipe or a backslash, and a function up to its brace."""
    found: list[str] = []
    for line in text.splitlines():
        last = found[-1] if found else ""
        in_function = re.search(r"\{$", last.partition("\n")[0]) and not last.endswith("\n}")
        if in_function or last.endswith(("|", "\\")):
            found[-1] = f"{last}\n{line}"
        elif line.strip():
            found.append(line)
    return found
