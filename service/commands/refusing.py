"""What every command says of bad settings."""

from collections.abc import Callable
from typing import NoReturn, TypeVar

import typer

from service.app.exit_codes import ExitCode
from service.app.sources import BadSettingsError

Some = TypeVar("Some")


def or_refuse(load_some: Callable[[], Some]) -> Some:
    """What is loaded; exits where the settings are bad."""
    try:
        return load_some()
    except BadSettingsError as error:
        refuse(error)


def refuse(error: BadSettingsError) -> NoReturn:
    """Name each, and exit."""
    typer.echo(error.told, err=True)
    raise typer.Exit(ExitCode.BAD_SETTINGS)
