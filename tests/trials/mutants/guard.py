"""A guard: a piece of the relay's source, what it protects, and the tests that must miss it.

They stand in `guards/*.toml`, a file a concern, so that a new guard is a few lines of data.
"""

import ast
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FOLDER = Path(__file__).with_name("guards")


class GuardError(Exception):
    """A guard cannot be used as it stands; the message names it."""


class Guard(BaseModel):
    """One guard: in `file` the text `find` is to become `replace`, and one of `tests` to fail.

    `tests` are pytest's node ids. Their run may take `seconds`; more is a time-out, which counts
    as caught only where `times_out` says that without this guard something hangs.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=48)]
    protects: Annotated[str, Field(min_length=20, max_length=200, pattern=r"^[A-Z0-9`].*\.$")]
    file: Annotated[str, Field(pattern=r"^service/.+\.py$")]
    find: Annotated[str, Field(min_length=4)]
    replace: str
    tests: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    seconds: Annotated[float, Field(gt=0, le=600, strict=False)] = 150.0
    times_out: bool = False

    @model_validator(mode="after")
    def _check_change(self) -> Self:
        if self.find == self.replace:
            raise ValueError("the replacement is the text itself")
        return self


class Concern(BaseModel):
    """A file of guards."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    guard: Annotated[tuple[Guard, ...], Field(min_length=1, strict=False)]


def load_concern(path: Path) -> tuple[Guard, ...]:
    """The guards in a file; GuardError that says what is wrong with it."""
    try:
        return Concern.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).guard
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise GuardError(f"{path.name}: {error}") from None


def load(folder: Path = FOLDER) -> dict[str, tuple[Guard, ...]]:
    """All guards by concern; GuardError where a file is wrong or an id stands twice."""
    concerns = {path.stem: load_concern(path) for path in sorted(folder.glob("*.toml"))}
    seen: dict[str, str] = {}
    for concern, guards in concerns.items():
        for guard in guards:
            if guard.id in seen:
                raise GuardError(f"{guard.id} stands in {seen[guard.id]} and in {concern}")
            seen[guard.id] = concern
    return concerns


def without(guard: Guard, root: Path) -> str:
    """The source of the guard's file without the guard; GuardError where it cannot be taken out."""
    path = root / guard.file
    if not path.is_file():
        raise GuardError(f"{guard.id}: there is no {guard.file}")
    source = path.read_text(encoding="utf-8")
    if (count := source.count(guard.find)) != 1:
        raise GuardError(f"{guard.id}: its text is {count} times in {guard.file}, not once")
    mutated = source.replace(guard.find, guard.replace)
    try:
        changed = _meaning(mutated) != _meaning(source)
    except SyntaxError as error:
        raise GuardError(f"{guard.id}: without it {guard.file} is no Python: {error}") from None
    if not changed:
        raise GuardError(f"{guard.id}: without it {guard.file} does the same")
    return mutated


@lru_cache(maxsize=128)
def _meaning(source: str) -> str:
    return ast.dump(ast.parse(source))


def missing_tests(tests: Sequence[str], root: Path) -> list[str]:
    """Those of the node ids that name no test function, by a look at the files."""
    return [test for test in tests if not _is_test(test, root)]


def _is_test(test: str, root: Path) -> bool:
    name, *inside = test.split("::")
    path = root / name
    if not (path.is_file() and len(inside) == 1):
        return False
    return inside[0] in _tests_in(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=128)
def _tests_in(source: str) -> frozenset[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = (node.name for node in ast.parse(source).body if isinstance(node, functions))
    return frozenset(name for name in found if name.startswith("test_"))
