"""The relay's source as tokens: where a guard stands, and the source without it.

Layout is ignored, so that neither formatting nor a comment near by loses a guard.
"""

import ast
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import pairwise
from pathlib import Path

from tests.trials.mutants.guard import Guard, GuardError

_LAYOUT = {tokenize.COMMENT, tokenize.DEDENT, tokenize.INDENT, tokenize.NEWLINE, tokenize.NL}
_BETWEEN = "\0"
_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_TEST = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)


class Tree:
    """A tree with `service` and `tests` at `root`, as it is now."""

    def __init__(self, root: Path) -> None:
        self._modules = [_Module(path, root) for path in sorted((root / "service").rglob("*.py"))]
        self._tests = [
            f"{path.relative_to(root)}::{name}"
            for path in sorted((root / "tests").rglob("test_*.py"))
            for name in _TEST.findall(path.read_text(encoding="utf-8"))
        ]

    def check(self, guards: Sequence[Guard]) -> list[str]:
        """What keeps guards from being taken out, or their tests from being run."""
        problems = []
        for guard in guards:
            try:
                self.without(guard)
                self.tests(guard)
            except GuardError as error:
                problems.append(str(error))
        return problems

    def without(self, guard: Guard) -> tuple[Path, str]:
        """The guard's file in the tree, and what it would be without the guard."""
        found = [(each, line, text) for each in self._modules for line, text in each.without(guard)]
        if len(found) != 1:
            places = ", ".join(f"{module.path}:{line}" for module, line, _ in found)
            raise GuardError(f"{guard.id}: found {len(found)} times, not once ({places})")
        module, _, mutated = found[0]
        try:
            changed = ast.dump(ast.parse(mutated)) != ast.dump(module.meaning)
        except SyntaxError as error:
            raise GuardError(f"{guard.id}: without it {module.path}: {error}") from None
        if not changed:
            raise GuardError(f"{guard.id}: without it {module.path} does the same")
        return module.path, mutated

    def tests(self, guard: Guard) -> list[str]:
        """The node ids of the guard's tests, of which it names as much of the end as is needed."""
        found = []
        for name in guard.tests:
            nodes = [node for node in self._tests if node.endswith((f"::{name}", f"/{name}"))]
            if len(nodes) != 1:
                raise GuardError(f"{guard.id}: there are {len(nodes)} tests {name}, not one")
            found += nodes
        return found


class _Module:
    def __init__(self, path: Path, root: Path) -> None:
        self.path = path.relative_to(root)
        source = path.read_text(encoding="utf-8")
        self.meaning = ast.parse(source)
        self._lines = list(StringIO(source))
        self._tokens = _tokens(source)
        self._joined = _joined(self._tokens)
        self._definitions: defaultdict[str | None, list[range]] = defaultdict(list)
        self._definitions[None] = [range(len(self._lines) + 1)]
        for node in ast.walk(self.meaning):
            if isinstance(node, _DEFINITIONS):
                self._definitions[node.name].append(range(node.lineno, (node.end_lineno or 0) + 1))

    def without(self, guard: Guard) -> Iterator[tuple[int, str]]:
        """Each line where the guard's text begins, and the source without that."""
        try:
            wanted = _joined(_tokens(guard.find))
        except (SyntaxError, tokenize.TokenError) as error:
            raise GuardError(f"{guard.id}: its text is no Python: {error}") from None
        for match in re.finditer(f"{re.escape(wanted)}(?={_BETWEEN}|$)", self._joined):
            first = self._tokens[self._joined.count(_BETWEEN, 0, match.start())]
            last = self._tokens[self._joined.count(_BETWEEN, 0, match.end()) - 1]
            (line, column), (last_line, end) = first.start, last.end
            if any(line in lines for lines in self._definitions[guard.inside]):
                before = [*self._lines[: line - 1], self._lines[line - 1][:column]]
                after = [self._lines[last_line - 1][end:], *self._lines[last_line:]]
                yield line, "".join([*before, guard.replace, *after])


def _tokens(source: str) -> list[tokenize.TokenInfo]:
    tokens = tokenize.generate_tokens(StringIO(source).readline)
    # The formatter adds and removes trailing commas; the last token of all is an empty one.
    return [
        token
        for token, after in pairwise(token for token in tokens if token.type not in _LAYOUT)
        if not (token.string == "," and after.string in ("", ")", "]", "}"))
    ]


def _joined(tokens: Sequence[tokenize.TokenInfo]) -> str:
    return "".join(f"{_BETWEEN}{token.string}" for token in tokens)
