"""The guards themselves: each can be taken out of the source as it is, and names real tests."""

from pathlib import Path

import pytest

from tests.trials.mutants.__main__ import ROOT
from tests.trials.mutants.guard import Guard, GuardError, load, load_concern, missing_tests, without

GUARDS = [guard for guards in load().values() for guard in guards]

GOOD = """
[[guard]]
id = "a-guard"
protects = "Something would be lost without it."
file = "service/limit.py"
find = "number > 10"
replace = "False"
tests = ["tests/test_limit.py::test_eleven"]
"""


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.id)
def test_a_guard_can_be_taken_out(guard: Guard) -> None:
    """Its text is in its file once, what is left is Python, and it does something else.

    Where this fails the source was changed: give the guard its new text, or take it out of the
    list together with what it protected.
    """
    assert without(guard, ROOT)
    assert missing_tests(guard.tests, ROOT) == []


def test_every_concern_is_guarded() -> None:
    """What the README promises is somebody's to protect."""
    assert {
        "api",
        "consuming",
        "copies",
        "decisions",
        "decoding",
        "drain",
        "gate",
        "health",
        "memory",
        "orders",
        "publishing",
        "secrets",
        "settings",
        "settling",
        "topology",
    } <= load().keys()


def write(folder: Path, text: str, name: str = "a.toml") -> Path:
    """A file of guards."""
    path = folder / name
    path.write_text(text)
    return path


def test_a_good_guard_is_read(tmp_path: Path) -> None:
    """As it stands."""
    (guard,) = load_concern(write(tmp_path, GOOD))
    assert (guard.id, guard.find, guard.replace) == ("a-guard", "number > 10", "False")
    assert not guard.times_out


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('id = "a-guard"', 'id = "A guard"'),
        ('replace = "False"', 'replace = "number > 10"'),
        ('find = "number > 10"', 'find = ""'),
        ("service/limit.py", "tests/test_limit.py"),
        ('"Something would be lost without it."', '"something"'),
        ('["tests/test_limit.py::test_eleven"]', "[]"),
        ("[[guard]]", "[[guards]]"),
        ('replace = "False"', 'replace = "False"\nweight = 1'),
        ('replace = "False"', 'replace = "False"\ntimes_out = 1'),
        ('replace = "False"', "replace = "),
    ],
)
def test_a_wrong_guard_is_refused(tmp_path: Path, right: str, wrong: str) -> None:
    """With the name of its file."""
    with pytest.raises(GuardError, match=r"a\.toml"):
        load_concern(write(tmp_path, GOOD.replace(right, wrong)))


def test_an_id_stands_once(tmp_path: Path) -> None:
    """Else `--only` would mean two."""
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "b.toml")
    with pytest.raises(GuardError, match="a-guard stands in a and in b"):
        load(tmp_path)
