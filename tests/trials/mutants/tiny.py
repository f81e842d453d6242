"""A made-up tree of one module and its tests, and guards in it, to try the runner on."""

import json
from pathlib import Path

from tests.trials.mutants.guard import Guard

LIMIT = """
def within(number):
    if number > 10:
        return False
    return number >= 0
"""

TESTS = """
import pytest

from service.limit import within


def test_ten():
    assert within(10)


def test_eleven():
    assert not within(11)


@pytest.mark.timeout(10)
def test_in_time():
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


def guard(
    name: str,
    find: str,
    replace: str,
    *,
    test: str = "test_eleven",
    seconds: float = 100.0,
    times_out: bool = False,
) -> Guard:
    """A guard of the tree."""
    return Guard(
        id=name,
        protects="Something would be lost without it.",
        file="service/limit.py",
        find=find,
        replace=replace,
        tests=(f"tests/test_limit.py::{test}",),
        seconds=seconds,
        times_out=times_out,
    )


CAUGHT = guard("caught", "number > 10", "False")
SURVIVOR = guard("survivor", "number >= 0", "True")


def toml(*guards: Guard) -> str:
    """The guards as a file; a text in JSON is one in TOML, too."""
    fields = ("id", "protects", "file", "find", "replace", "tests")
    return "".join(
        "[[guard]]\n" + "".join(f"{name} = {json.dumps(getattr(each, name))}\n" for name in fields)
        for each in guards
    )
