"""The command line of `order-relay parked`."""

from typing import Annotated, NoReturn

import typer

from service.app.exit_codes import ExitCode
from service.app.loading import load_shown
from service.commands.parked.place import PARKED, Place
from service.commands.refusing import or_refuse
from service.core.parked.selecting import Selection, seconds_of

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The messages that wait for a person: list, show, replay, resolve, drop, export, restore.",
)

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID", help="Message ids, or handles as `list` shows them."),
]
Codes = Annotated[
    list[str] | None,
    typer.Option("--code", help="Only with this code; may be given several times."),
]
Older = Annotated[
    str | None, typer.Option(metavar="AGE", help="Only parked at least so long ago: 90s, 2h, 7d.")
]
Newer = Annotated[
    str | None, typer.Option(metavar="AGE", help="Only parked less long ago: 90s, 2h, 7d.")
]
Text = Annotated[
    str | None, typer.Option(help="Only with this text in the id, the reason or the body.")
]
Json = Annotated[
    bool, typer.Option("--json", help="Each message whole, as a line of JSON; bodies in base64.")
]


@app.command("list")
def list_(  # noqa: PLR0913 - one for each option
    ids: Ids = None,
    *,
    code: Codes = None,
    older: Older = None,
    newer: Newer = None,
    text: Text = None,
    groups: Annotated[bool, typer.Option("--groups", help="Only how many of each kind.")] = False,
    as_json: Json = False,
    limit: Annotated[int, typer.Option(min=0, help="Most rows; 0 shows all.")] = 100,
) -> None:
    """Say what is parked, why, and since when. Changes nothing."""
    from service.commands.parked.looking import list_parked  # noqa: PLC0415

    selection = selected(ids, code, older, newer, text)
    end(list_parked(place(), selection, groups=groups, as_json=as_json, limit=limit))


@app.command()
def show(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="A message id or a handle.")],
    as_json: Json = False,
) -> None:
    """Show one message: its story, properties, headers and body. Changes nothing."""
    from service.commands.parked.looking import show_parked  # noqa: PLC0415

    end(show_parked(place(), wanted, as_json=as_json))


def selected(
    ids: list[str] | None,
    codes: list[str] | None,
    older: str | None,
    newer: str | None,
    text: str | None,
) -> Selection:
    """What the options ask for."""
    return Selection(
        frozenset(ids or ()), frozenset(codes or ()), seconds(older), seconds(newer), text
    )


def seconds(text: str | None) -> float | None:
    """An age of the command line."""
    try:
        return None if text is None else seconds_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def place(which: str = PARKED) -> Place:
    """Where the settings say that the queue is."""
    return Place.of(or_refuse(load_shown)[0], which)


def end(code: ExitCode) -> NoReturn:
    """Exit with it."""
    raise typer.Exit(int(code))
