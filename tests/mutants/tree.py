"""Copies of the tree, to be changed and thrown away: the one that people work in stays as it is."""

import shutil
from importlib.util import cache_from_source
from pathlib import Path

from tests.mutants.guard import Guard, without

COPIED = ("service", "tests", "docs", "pyproject.toml", "README.md", "CHANGELOG.md", "Makefile")
"""What the tests read, as far as it is there."""


def copy_tree(source: Path, target: Path) -> None:
    """Copy what the tests need, byte code included: it stays valid, and saves seconds a mutant."""
    target.mkdir()
    for name in COPIED:
        path = source / name
        if path.is_dir():
            shutil.copytree(path, target / name, symlinks=True)
        elif path.is_file():
            shutil.copy2(path, target / name)


def take_out(guard: Guard, root: Path) -> None:
    """Take the guard out of the tree at `root`; GuardError where that cannot be done."""
    mutated = without(guard, root)
    path = root / guard.file
    # Byte code is told from stale by size and second alone: a change may keep both.
    Path(cache_from_source(str(path))).unlink(missing_ok=True)
    path.write_text(mutated, encoding="utf-8")
