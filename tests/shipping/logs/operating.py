"""What docs/operating.md asks and tells one to do, taken out of the page."""

import re
from dataclasses import dataclass

from docs.sources.logs.generate import DOCS

PAGE = DOCS / "operating.md"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)]+)\)")


@dataclass(frozen=True)
class Question:
    """One headline of the page and all that is below it."""

    title: str
    text: str

    @property
    def expressions(self) -> list[str]:
        """Its PromQL, without what is said behind it."""
        lines = [line for block in self._blocks("promql") for line in block.splitlines()]
        return [line.partition("#")[0].strip() for line in lines]

    @property
    def commands(self) -> list[str]:
        """Its commands, each whole: a line that ends in a pipe goes on."""
        return [
            command
            for block in self._blocks("sh")
            for command in re.sub(r"\|\n\s+", "| ", block).splitlines()
        ]

    def panels(self, board: str) -> list[str]:
        """The panels of a dashboard that it names."""
        lines = re.findall(rf"^- Panels \({board}\): (.*)$", self.text, re.MULTILINE)
        return re.findall(r'"([^"]+)"', " ".join(lines))

    def _blocks(self, language: str) -> list[str]:
        return [block for name, block in _BLOCK.findall(self.text) if name == language]


def page() -> str:
    """All of it."""
    return PAGE.read_text(encoding="utf-8")


def questions() -> list[Question]:
    """In their order."""
    parts = re.split(r"^## (.*)$", page(), flags=re.MULTILINE)[1:]
    return [Question(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]


def links() -> list[str]:
    """Where the page leads to."""
    return _LINK.findall(_BLOCK.sub("", page()))
