"""Copies of the tree, to be changed and thrown away: the one that people work in stays as it is."""

import shutil
from collections.abc import Callable, Iterable
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

from tests.trials.mutants.guard import Guard, without

Ignore = Callable[[Any, list[str]], Iterable[str]]

COPIED = ("service", "tests", "docs", "pyproject.toml", "README.md", "CHANGELOG.md", "Makefile")
"""What the tests read, as far as it is there."""


def copy_sources(source: Path, target: Path) -> None:
    """Copy what the tests need from a tree that others may be working in."""
    # Byte code may be on its way to its name just now, and gone before it is copied.
    _copy(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def copy_whole(source: Path, target: Path) -> None:
    """Copy a tree of ours with its byte code, which stays valid and saves a second a mutant."""
    _copy(source, target, ignore=None)


def _copy(source: Path, target: Path, ignore: Ignore | None) -> None:
    target.mkdir()
    for name in COPIED:
        path = source / name
        if path.is_dir():
            shutil.copytree(path, target / name, symlinks=True, ignore=ignore)
        elif path.is_file():
            shutil.copy2(path, target / name)


def take_out(guard: Guard, root: Path) -> None:
    """Take the guard out of the tree at `root`; GuardError where that cannot be done."""
    mutated = without(guard, root)
    path = root / guard.file
    # Byte code is told from stale by size and second alone: a change may keep both.
    Path(cache_from_source(str(path))).unlink(missing_ok=True)
    path.write_text(mutated, encoding="utf-8")
