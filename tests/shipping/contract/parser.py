"""@asyncapi/parser, kept in `.venv`: `make contract` installs it, 80 MB, where npm is there."""

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[3] / ".venv" / "asyncapi"
SCRIPT = Path(__file__).with_name("parse.mjs")
PACKAGE = "@asyncapi/parser@3.6.6"
_OPTIONS = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--silent")


def missing() -> str | None:
    """Why the parser cannot be asked; None where it can."""
    if shutil.which("node") is None:
        return "there is no node, which @asyncapi/parser runs on"
    if not (FOLDER / "node_modules" / "@asyncapi" / "parser").exists():
        return "@asyncapi/parser is not installed; `make contract` installs it with npm"
    return None


def install() -> None:
    """Install it, where npm is there."""
    if missing() is None or shutil.which("npm") is None:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    # A package.json of its own: else npm takes one of a folder above.
    (FOLDER / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    subprocess.run(["npm", "install", *_OPTIONS, PACKAGE], cwd=FOLDER, check=True, timeout=900)


def complaints(document: str) -> list[str]:
    """What it finds wrong with the document, down to its hints."""
    ended = subprocess.run(
        ["node", SCRIPT, f"{FOLDER}/"],
        input=document,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


if __name__ == "__main__":
    print("Installing @asyncapi/parser into .venv/asyncapi, if need be ...")
    install()
    sys.exit(0)
