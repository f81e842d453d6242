"""The commands, in the words of their own help."""

from collections.abc import Iterator

import typer
from typer.testing import CliRunner

from service.commands.cli import app

_TOP = """# Commands

What each says with `--help`. `python -m service` is the same program. This page is written from
the program (`make log-schema`).
"""
_ENVIRONMENT = {"COLUMNS": "100", "TERMINAL_WIDTH": "100"}


def page() -> str:
    """The whole text."""
    return _TOP + "".join(_of(typer.main.get_command(app), ()))


def _of(command: object, path: tuple[str, ...]) -> Iterator[str]:
    said = CliRunner().invoke(app, [*path, "--help"], prog_name="order-relay", env=_ENVIRONMENT)
    yield f"\n## `{' '.join(('order-relay', *path))}`\n\n```text\n{said.stdout.strip()}\n```\n"
    for name, inner in getattr(command, "commands", {}).items():
        yield from _of(inner, (*path, name))
