"""The command line of `order-relay trace`."""

import asyncio
from typing import Annotated

import typer

from service.app.loading import load_shown
from service.commands import addresses
from service.commands.refusing import or_refuse


def trace(
    message_id: Annotated[str, typer.Argument(metavar="MESSAGE_ID", help="The order's.")],
    relay: Annotated[
        list[str] | None,
        typer.Option(
            help="A relay's admin address, as http://127.0.0.1:8080; may be given several times. "
            "A name is asked at each of its addresses. Without it the one of the settings.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
) -> None:
    """Say where an order is, since when, and what happens next.

    It asks the relays, and looks into the queues of those that are parked, unrouted, or wait for
    their next attempt, but never into that of the requests. From RabbitMQ 4 on it leaves those
    that wait alone: a look would mark them as perhaps sent. Exit code 1 where nothing is known.
    """
    # httpx2 and what it needs would make `run` begin later.
    from service.commands.trace import command as trace_command  # noqa: PLC0415

    settings, _ = or_refuse(load_shown)
    try:
        urls = addresses.of(relay or [], settings.admin, option="--relay", page="")
    except addresses.UnusableAddressError as error:
        raise typer.BadParameter(str(error), param_hint="--relay") from None
    if not message_id:
        raise typer.BadParameter("must not be empty", param_hint="MESSAGE_ID")
    code = asyncio.run(trace_command.trace(settings, urls, message_id, as_json=as_json))
    raise typer.Exit(int(code))
