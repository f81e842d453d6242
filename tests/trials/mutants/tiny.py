"""A made-up tree of one module and its tests, and guards in it, to try the runner on."""

import json
from pathlib import Path
from typing import Any

from tests.trials.mutants.guard import Guard

LIMIT = """
def within(number):
    if number > 10:  # The limit.
        return False
    return number >= 0


def without(number, *, limit=10):
    return not (
        number >= 0
        and number < limit,
    )
"""

TESTS = """
import pytest

from service.limit import within


def test_ten():
    assert within(10)


def test_eleven():
    assert not within(11)


@pytest.fixture
def limit():
    assert not within(11)


def test_with_a_fixture(limit):
    pass
"""


def plant(root: Path, *, tests: str = TESTS) -> Path:
    """The tree, at `root`."""
    for name, text in {
        "service/__init__.py": "",
        "service/limit.py": LIMIT,
        "tests/__init__.py": "",
        "tests/test_limit.py": tests,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def guard(name: str, find: str, replace: str, **more: Any) -> Guard:
    """A guard of the tree."""
    fields: dict[str, Any] = {"tests": ("test_eleven",)} | more
    return Guard(
        id=name,
        file="limits",
        promise="Nothing is lost.",
        without="Something would be lost.",
        find=find,
        replace=replace,
        **fields,
    )


CAUGHT = guard("caught", "number > 10", "False")
SURVIVOR = guard("survivor", "number >= 0", "True", inside="within")


def guards_in(folder: Path, *guards: Guard) -> Path:
    """The folder with a file of these guards; a text in JSON is one in TOML, too."""
    folder.mkdir(exist_ok=True)
    lines = [f"promise = {json.dumps(guards[0].promise)}"]
    for each in guards:
        fields = each.model_dump(exclude={"id", "file", "promise"}, exclude_defaults=True)
        lines.append(f"[{each.id}]")
        lines += [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    (folder / f"{guards[0].file}.toml").write_text("\n".join(lines))
    return folder
