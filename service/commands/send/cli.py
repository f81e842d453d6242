"""The command line of `order-relay send`."""

import time
from typing import Annotated

import typer

from service.app.loading import load_seen
from service.commands.parked.options import Rate
from service.commands.refusing import or_refuse


def send(  # noqa: PLR0913 - one for each option
    file: Annotated[
        typer.FileText | None,
        typer.Argument(
            help="JSON messages as for check-message: one, an array, or one a line; - is stdin.",
            encoding="utf-8",
        ),
    ] = None,
    *,
    service: Annotated[int | None, typer.Option(help="The service's id.")] = None,
    link: Annotated[str | None, typer.Option(help="What the order is for.")] = None,
    username: Annotated[str | None, typer.Option(help="Instead of a link.")] = None,
    quantity: Annotated[int | None, typer.Option(help="How many.")] = None,
    extra: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A further field: JSON, else a text."),
    ] = None,
    message_id: Annotated[
        str | None, typer.Option(help="To repeat an order; without it a new one is made.")
    ] = None,
    correlation_id: Annotated[str | None, typer.Option(help="Comes back on the reply.")] = None,
    reply_to: Annotated[
        str | None, typer.Option(help="The reply's routing key; without it one of its own.")
    ] = None,
    deadline: Annotated[
        float | None, typer.Option(help="Seconds from now after which it is not sent any more.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=86_400, help="Seconds to wait for replies, all in all.")
    ] = 60.0,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for replies, or only for confirms.")
    ] = True,
    rate: Rate = None,
    namespace: Annotated[
        str | None, typer.Option(help="Instead of ORDER_RELAY_AMQP__NAMESPACE.")
    ] = None,
    login: Annotated[
        str,
        typer.Option("--as", help="Begins the names of its queue and key: your login's, if bound."),
    ] = "order-relay",
) -> None:
    """Publish orders, mandatory and confirmed, and wait for their replies.

    On stdout, a line of JSON each: the message id of an order before it is published, and its
    reply's body. Its queue is bound before the first order, and gone at the end.

    Exit codes: 0 accepted, 1 rejected, 2 failed, 3 unknown, 4 no reply (or confirm)
    in time, 5 not published; of several orders the highest.
    """
    from service.commands.send import command  # noqa: PLC0415 - `run` needs none of it
    from service.core.producing.written import UnreadableMessageError, read_apart  # noqa: PLC0415

    fields = {"service": service, "link": link, "username": username, "quantity": quantity}
    named = {"message_id": message_id, "correlation_id": correlation_id, "reply_to": reply_to}
    given = [*fields.values(), *named.values(), deadline, *(extra or ())]
    if (file is None) is all(each is None for each in given):
        raise typer.BadParameter("give either a file or the order's fields as options")
    headers = {} if deadline is None else {"x-order-relay-deadline": time.time() + deadline}
    try:
        messages = (
            [command.from_options(fields, extra or (), named, headers)]
            if file is None
            else read_apart(file.read())
        )
    except (UnreadableMessageError, UnicodeDecodeError) as error:
        raise typer.BadParameter(str(error)) from None
    settings = or_refuse(load_seen)
    wanted = command.Wanted(
        namespace or settings.amqp.namespace, login, rate, timeout if wait else None
    )
    raise typer.Exit(int(command.send(settings, messages, wanted)))
