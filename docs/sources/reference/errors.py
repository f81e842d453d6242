"""Every text with which the program says that something is wrong, found in the code itself.

The page is on the site only: any change of a word would change it.
"""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

_ROOT = Path(__file__).parents[3] / "service"
_TOP = """# Error texts

What the program says when something is wrong, in its own words, so that a text from a log, a reply
or a terminal is found by the search. `...` stands for a value. What to do: an order that is
refused, [producers](producers.md); a line of the log, [logs](logs.md); a finding of the doctor,
[doctor](doctor.md); a setting, [settings](settings.md); an alert, [runbooks](runbooks/index.md).
The wording may change with any version.
"""
_ROOMS = {
    "app": "Settings and the start",
    "core": "Orders, replies, parked messages",
    "flow": "Holds and connections",
    "edges": "Broker, API, files",
    "commands": "Commands",
}
_ELSEWHERE = (
    *("edges/telemetry/catalogue.py", "commands/asyncapi", "commands/doctor/kinds.py"),
    "commands/top/screen",
)
"""Metrics, the contract and the doctor's findings have pages of their own; a screen has colours."""

_WORD = re.compile(r"[A-Za-z]{2,}")
_PATTERN = re.compile(r"\\[wdWS(\[]|\(\?|\^|\.\*|^[<{]")
_FEWEST_WORDS = 2
_NOT_SAID = {"annotation", "returns", "slice", "keys"}
_HELP = {"help", "short_help", "epilog", "description"}


def page() -> str:
    """The whole text."""
    return _TOP + "".join(_room(name, title) for name, title in _ROOMS.items())


def _room(name: str, title: str) -> str:
    files = {file.relative_to(_ROOT).as_posix(): file for file in (_ROOT / name).rglob("*.py")}
    here = [file for path, file in files.items() if not path.startswith(_ELSEWHERE)]
    found = {text for file in here for text in texts(file.read_text(encoding="utf-8"))}
    return f"\n## {title}\n\n" + "".join(f"- `{text}`\n" for text in sorted(found, key=str.lower))


def texts(source: str) -> Iterator[str]:
    """The texts of a module, but no docstring, no help, no key and nothing of an annotation."""
    yield from _inside(ast.parse(source))


def _inside(node: ast.AST) -> Iterator[str]:
    parts = [value for name, value in ast.iter_fields(node) if name not in _NOT_SAID]
    for part in chain.from_iterable(each if isinstance(each, list) else [each] for each in parts):
        match part:
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.keyword(arg=name) if name in _HELP:
                pass
            case ast.Constant() | ast.JoinedStr() if text := _text(part):
                yield text
            case ast.AST():
                yield from _inside(part)
            case _:
                pass


def _text(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            pass
        case ast.JoinedStr(values=values):
            text = "".join(map(_of_part, values))
        case _:
            return None
    text = " ".join(text.replace("`", "'").split())
    enough = len(_WORD.findall(text)) >= _FEWEST_WORDS
    return text if enough and " " in text and not _PATTERN.search(text) else None


def _of_part(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else "..."
