"""The guards themselves: each is found once, names its tests, and keeps a promise of the README."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.trials.mutants.__main__ import ROOT
from tests.trials.mutants.guard import Guard, GuardError, load
from tests.trials.mutants.source import Tree
from tests.trials.mutants.tiny import CAUGHT, guard, guards_in, plant

FEWEST, MOST = 10, 120


def test_every_guard_can_be_taken_out() -> None:
    """It is there once, what is left is Python that does something else, and its tests are there.

    Where this fails the source was changed: give the guard its new text, or take it out of the
    list together with what it kept.
    """
    assert Tree(ROOT).check(load()) == []


def promised() -> set[str]:
    """The sentences of the README's list of promises, on one line each."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = readme.partition("\nPromised, ")[2].partition("\nNot promised:\n")[0]
    promises = [" ".join(promise.split()) for promise in listed.split("\n- ")[1:]]
    return {sentence for each in promises for sentence in re.split(r"(?<=\.) (?=[A-Z`])", each)}


def test_every_promise_is_guarded_from_several_sides() -> None:
    """Word for word, and nothing is guarded that is not promised."""
    counts = Counter(" ".join(guard.promise.split()) for guard in load())
    assert counts.keys() == promised()
    assert min(counts.values()) >= FEWEST
    assert counts.total() <= MOST


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (guard("short", "number > 10", "False"), "if False:  # The limit."),
        (guard("over-lines", "if number > 10: return False", "pass"), "    pass\n    return"),
        (guard("inside", "number >= 0", "True", inside="within"), "return True"),
        (guard("commas", "number >= 0 and number < limit", "1"), "not (\n        1,\n    )"),
        (guard("a-comma", "(number >= 0 and number < limit)", "1"), "return not 1\n"),
        (guard("the-rest", "limit=10", "limit=9"), "def without(number, *, limit=9):"),
    ],
    ids=lambda value: getattr(value, "id", ""),
)
def test_a_guard_is_found_whatever_the_layout(tmp_path: Path, found: Guard, text: str) -> None:
    """Lines, comments and trailing commas do not count; all around it stays as it is."""
    path, mutated = Tree(plant(tmp_path)).without(found)
    assert path == Path("service/limit.py")
    assert text in mutated
    assert mutated.startswith("\ndef within(number):\n")


@pytest.mark.parametrize(
    ("stale", "problem"),
    [
        (guard("gone", "number > 11", "False"), "found 0 times, not once ()"),
        (
            guard("twice", "number >= 0", "False"),
            "found 2 times, not once (service/limit.py:5, service/limit.py:10)",
        ),
        (guard("elsewhere", "number > 10", "False", inside="without"), "found 0 times"),
        (guard("a-part", "numb", "False"), "found 0 times"),
        (guard("half", "(number", "False"), "its text is no Python"),
        (guard("no-python", "number > 10", "number >"), "without it service/limit.py"),
        (guard("nothing", "number > 10", "(number > 10)"), "does the same"),
        (guard("no-test", "number > 10", "1", tests=("test_9",)), "there are 0 tests test_9"),
        (
            guard("part-of-a-test", "number > 10", "1", tests=("eleven",)),
            "there are 0 tests eleven",
        ),
    ],
    ids=lambda value: getattr(value, "id", ""),
)
def test_a_stale_guard_is_named(tmp_path: Path, stale: Guard, problem: str) -> None:
    """Its text is gone, or there twice, or its tests are gone, or it does nothing."""
    (text,) = Tree(plant(tmp_path)).check([stale])
    assert text.startswith(f"{stale.id}: ")
    assert problem in text


def test_a_test_may_be_named_with_its_file(tmp_path: Path) -> None:
    """Where its name alone stands in several."""
    named = CAUGHT.model_copy(update={"tests": ("test_limit.py::test_eleven",)})
    assert Tree(plant(tmp_path)).tests(named) == ["tests/test_limit.py::test_eleven"]


def test_a_guard_is_read_as_it_stands(tmp_path: Path) -> None:
    """With the promise of its file."""
    hangs = guard("hangs", "a\n== 'b'", '"c"', inside="d", seconds=9, hangs=True)
    assert load(guards_in(tmp_path, CAUGHT, hangs)) == [CAUGHT, hangs]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("promise = ", "promised = "),
        ("without = ", "with = "),
        ('tests = ["test_eleven"]', 'tests = "test_eleven"'),
        ('tests = ["test_eleven"]', ""),
        ('replace = "False"', "replace = "),
        ('replace = "False"', 'replace = "False"\nweight = 1'),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, right: str, wrong: str) -> None:
    """Whatever is wrong with it."""
    path = guards_in(tmp_path, CAUGHT) / "limits.toml"
    path.write_text(path.read_text().replace(right, wrong))
    with pytest.raises(GuardError, match=r"limits\.toml"):
        load(tmp_path)


def test_an_id_stands_once(tmp_path: Path) -> None:
    """Else `--only` would mean two."""
    guards_in(tmp_path, CAUGHT)
    guards_in(tmp_path, CAUGHT.model_copy(update={"file": "others"}))
    with pytest.raises(GuardError, match="more than one guard is called caught"):
        load(tmp_path)
