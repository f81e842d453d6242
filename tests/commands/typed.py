"""A command as a person types it, carried out in this process: a start of Python takes a second."""

import os
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from service.commands.cli import app
from tests.world.relay_process import environment


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def typed(*arguments: str, cwd: Path | None = None, **settings: object) -> Ended:
    """One command to its end, with these settings alone; no two at a time."""
    # What it prints, its folder and its environment are the process's.
    settled = environment(**settings)
    with chdir(cwd or Path.cwd()):
        runner = CliRunner(env=dict.fromkeys(os.environ.keys() - settled.keys()) | settled)
        result = runner.invoke(app, arguments, prog_name="order-relay")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)
