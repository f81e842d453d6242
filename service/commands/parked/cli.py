"""The command line of `order-relay parked`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from service.commands.parked.asking import Asking
from service.commands.parked.options import (
    All,
    By,
    Codes,
    Count,
    DryRun,
    Ids,
    Json,
    Newer,
    NoOrder,
    Older,
    Rate,
    Reason,
    Text,
    Yes,
    end,
    meant,
    operator,
    place,
    selected,
    text_of,
)
from service.core.parked.selecting import Selection

if TYPE_CHECKING:
    from service.core.parked.acting import Action

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The messages that wait for a person: list, show, replay, resolve, drop, export, restore.",
)


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
    """Show one message whole, with its story.

    Its properties, headers and body. Changes nothing.
    """
    from service.commands.parked.looking import show_parked  # noqa: PLC0415

    end(show_parked(place(), wanted, as_json=as_json))


@app.command()
def replay(  # noqa: PLR0913 - one for each option
    ids: Ids = None,
    *,
    reason: Reason,
    code: Codes = None,
    older: Older = None,
    newer: Newer = None,
    text: Text = None,
    every: All = False,
    new_message_id: Annotated[
        bool,
        typer.Option(
            "--new-message-id", help="As a new order, once the API may have forgotten the old id."
        ),
    ] = False,
    no_order_exists: NoOrder = False,
    without_deadline: Annotated[
        bool, typer.Option("--without-deadline", help="Send it although its deadline is over.")
    ] = False,
    body: Annotated[
        typer.FileBinaryRead | None,
        typer.Option(help="A file with another body, for one message; needs --new-message-id."),
    ] = None,
    by: By = None,
    yes: Yes = False,
    count: Count = None,
    dry_run: DryRun = False,
    rate: Rate = None,
) -> None:
    """Have the relay try messages again.

    They keep their ids while the API still knows them.
    """
    from service.core.parked.acting import Replay  # noqa: PLC0415

    edited = body.read() if body else None
    action = Replay(
        new_message_id=new_message_id,
        no_order_exists=no_order_exists,
        without_deadline=without_deadline,
        body=edited,
    )
    selection = selected(ids, code, older, newer, text)
    _change(action, meant(selection, every=every), reason, by, Asking(yes, count, dry_run), rate)


@app.command()
def resolve(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="A message id or a handle.")],
    *,
    order: Annotated[str, typer.Option(help="The id of the order that was found at the API.")],
    reason: Reason,
    by: By = None,
    yes: Yes = False,
    count: Count = None,
    dry_run: DryRun = False,
) -> None:
    """Answer `accepted` with an order that was found.

    A person found it at the API; the message is taken out.
    """
    from service.core.parked.acting import Resolve  # noqa: PLC0415

    action = Resolve(text_of(order, "--order"))
    selection = Selection(ids=frozenset({wanted}))
    _change(action, selection, reason, by, Asking(yes, count, dry_run), None)


@app.command()
def drop(  # noqa: PLR0913 - one for each option
    ids: Ids = None,
    *,
    reason: Reason,
    code: Codes = None,
    older: Older = None,
    newer: Newer = None,
    text: Text = None,
    every: All = False,
    no_order_exists: NoOrder = False,
    by: By = None,
    yes: Yes = False,
    count: Count = None,
    dry_run: DryRun = False,
    rate: Rate = None,
) -> None:
    """Answer `failed`: nothing shall come of it.

    The code of the answer is `dropped`; the messages are taken out.
    """
    from service.core.parked.acting import Drop  # noqa: PLC0415

    selection = selected(ids, code, older, newer, text)
    action = Drop(no_order_exists=no_order_exists)
    _change(action, meant(selection, every=every), reason, by, Asking(yes, count, dry_run), rate)


@app.command()
def export(
    ids: Ids = None,
    *,
    to: Annotated[Path, typer.Option("--to", help="The file to write; it must not exist yet.")],
    code: Codes = None,
    older: Older = None,
    newer: Newer = None,
    text: Text = None,
) -> None:
    """Write messages to a file; they stay parked.

    Each is whole, as a line of JSON.
    """
    from service.commands.parked.files import export as write  # noqa: PLC0415

    end(write(place(), selected(ids, code, older, newer, text), to))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `export` wrote.")],
    *,
    yes: Yes = False,
    count: Count = None,
    dry_run: DryRun = False,
) -> None:
    """Park what is in a file and not in the queue.

    On this broker or another.
    """
    from service.commands.parked.files import restore as park  # noqa: PLC0415

    end(park(place(), file, Asking(yes, count, dry_run)))


def _change(
    action: "Action",
    selection: Selection,
    reason: str,
    by: str | None,
    asking: Asking,
    rate: float | None,
) -> NoReturn:
    from service.commands.parked.changing import Change, change  # noqa: PLC0415
    from service.core.parked.acting import Who  # noqa: PLC0415

    who = Who(text_of(by or operator(), "--by"), text_of(reason, "--reason"))
    end(change(place(), Change(action, selection, who, asking, rate)))
