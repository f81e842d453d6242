"""The options that the commands for parked messages and replies share."""

import os
import socket
from typing import Annotated, NoReturn

import typer

from service.app.exit_codes import ExitCode
from service.app.loading import load_shown
from service.commands.parked.place import PARKED, Place
from service.commands.refusing import or_refuse
from service.core.parked.selecting import Selection, seconds_of

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

Reason = Annotated[str, typer.Option(help="Why; it travels with what is published.")]
By = Annotated[
    str | None, typer.Option(help="Who; without it the user and the machine.", show_default=False)
]
All = Annotated[bool, typer.Option("--all", help="All that are there.")]
NoOrder = Annotated[
    bool, typer.Option("--no-order-exists", help="You made sure at the API that there is no order.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; only together with --count.")]
Count = Annotated[
    int | None, typer.Option(min=1, help="With --yes: how many it must be, else nothing is done.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")]
Rate = Annotated[
    float | None, typer.Option(min=0.001, help="At most so many a second.", show_default=False)
]
MOST_CHARACTERS = 200


def meant(selection: Selection, *, every: bool) -> Selection:
    """The selection of a command that changes something: all must be asked for."""
    if selection.everything and not every:
        raise typer.BadParameter("name ids, give a filter, or say --all")
    if every and not selection.everything:
        raise typer.BadParameter("--all goes with no id and no filter")
    return selection


def text_of(text: str, option: str) -> str:
    """A text that travels in a header, and is shown to people."""
    if not text.strip() or len(text) > MOST_CHARACTERS or not text.isprintable():
        raise typer.BadParameter(
            f"must have 1 to {MOST_CHARACTERS} printable characters", param_hint=option
        )
    return text.strip()


def operator() -> str:
    """Who types this, as far as the machine knows."""
    return f"{os.environ.get('USER') or f'uid {os.getuid()}'} at {socket.gethostname()}"


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
