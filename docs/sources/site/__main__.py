"""Lays out the pages in `.site`, and builds the site there (`make docs`)."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath

from docs.sources.reference import errors
from docs.sources.site.laying import CODE, code_page, navigation, page, place

ROOT = Path(__file__).parents[3]
SITE = ROOT / ".site"
PYTHON = ROOT / ".venv" / "docs" / "bin" / "python"
HERE = Path(__file__).parent
_SECONDS = 300


def lay_out() -> None:
    """Writes everything that Zensical reads, anew."""
    shutil.rmtree(SITE / "pages", ignore_errors=True)
    (SITE / "pages").mkdir(parents=True)
    files = tracked()
    for file in files:
        there = place(file)
        if there is None:
            continue
        target = SITE / "pages" / there
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".md" or there.suffix == ".md":
            target.write_text(_text(file), encoding="utf-8")
        else:
            shutil.copy(ROOT / file, target)
    pages = [place(file) for file in files if file.suffix == ".md" or file.suffix in CODE]
    configuration = (HERE / "zensical.toml").read_text(encoding="utf-8")
    (SITE / "zensical.toml").write_text(
        navigation(configuration, list(filter(None, pages))), encoding="utf-8"
    )
    shutil.copy(HERE / "extra.css", SITE / "pages")
    (SITE / "pages" / "errors.md").write_text(errors.page(), encoding="utf-8")


def tracked() -> list[PurePosixPath]:
    """The files of the repository, new ones too, by their paths in it."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    named = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    names = named.stdout.split("\0")
    return [PurePosixPath(name) for name in names if name and (ROOT / name).is_file()]


def _text(file: PurePosixPath) -> str:
    text = (ROOT / file).read_text(encoding="utf-8")
    if file.suffix in CODE:
        return code_page(file, text)
    return page(file, text, lambda path: (ROOT / path).is_dir(), _repository())


def _repository() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project.get("urls", {}).get("Repository", ""))


def build(output: int | None = None) -> int:
    """Zensical's exit code: 1 where a link leads nowhere."""
    command = (PYTHON, "-m", "zensical", "build", "--strict", "--clean")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}  # For the anchors' function.
    return subprocess.run(  # noqa: S603
        command, cwd=SITE, env=environment, timeout=_SECONDS, stdout=output, check=False
    ).returncode


if __name__ == "__main__":
    lay_out()
    sys.exit(build())
