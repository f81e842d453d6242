"""The command line of `order-relay unrouted`."""

from typing import Annotated

import typer

from service.commands.parked.asking import Asking
from service.commands.parked.options import All, Count, DryRun, Ids, Json, Rate, Yes, end, place
from service.commands.parked.place import UNROUTED
from service.core.parked.replies import Choice

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The replies that nobody was bound for: list, show, deliver.",
)

Keys = Annotated[
    list[str] | None,
    typer.Option("--routing-key", help="Only with this routing key; may be given several times."),
]


@app.command("list")
def list_(
    ids: Ids = None,
    *,
    routing_key: Keys = None,
    as_json: Json = False,
    limit: Annotated[int, typer.Option(min=0, help="Most rows; 0 shows all.")] = 100,
) -> None:
    """Say which replies wait, and for whom. Changes nothing."""
    from service.commands.unrouted.replies import list_unrouted  # noqa: PLC0415

    end(list_unrouted(place(UNROUTED), _choice(ids, routing_key), as_json=as_json, limit=limit))


@app.command()
def show(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="A message id or a handle.")],
) -> None:
    """Show one reply: its properties, headers and body. Changes nothing."""
    from service.commands.unrouted.replies import show_unrouted  # noqa: PLC0415

    end(show_unrouted(place(UNROUTED), wanted))


@app.command()
def deliver(
    ids: Ids = None,
    *,
    routing_key: Keys = None,
    every: All = False,
    yes: Yes = False,
    count: Count = None,
    dry_run: DryRun = False,
    rate: Rate = None,
) -> None:
    """Publish replies once more, for the queues that are bound now; the others stay."""
    from service.commands.unrouted.replies import deliver_unrouted  # noqa: PLC0415

    choice = _choice(ids, routing_key)
    if choice.everything is not every:
        raise typer.BadParameter("name ids, or a --routing-key, or say --all")
    end(deliver_unrouted(place(UNROUTED), choice, Asking(yes, count, dry_run), rate))


def _choice(ids: list[str] | None, keys: list[str] | None) -> Choice:
    return Choice(frozenset(ids or ()), frozenset(keys or ()))
