"""The command line of `order-relay sandbox`."""

from typing import Annotated

import typer
from pydantic import ValidationError

from service.app.loading import load_shown
from service.app.settings import AmqpSettings
from service.app.sources import BadSettingsError
from service.commands.refusing import or_refuse, refuse


def sandbox(
    namespace: Annotated[str, typer.Option(help="Prefix of its queues.")] = "sandbox",
    fault: Annotated[
        str | None, typer.Option(help="What happens to orders that name none themselves.")
    ] = None,
    *,
    clean: Annotated[
        bool,
        typer.Option(
            "--clean", help="Delete its queues and exchanges at the end, if it made them all."
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Also where the namespace is in use already, but no real one."
        ),
    ] = False,
) -> None:
    """Run a relay with a stand-in of the order API, to try a producer against.

    It uses the broker of the settings, and queues of its own. It never calls the order API and
    needs no key. SIGTERM or SIGINT ends it.

    An order's field `sandbox` names what goes wrong with it: busy-429, busy-503, error-500,
    error-502, timeout, late-answer, lost-answer, half-answer, bad-key, always-lost. Service 404 is
    not found, for 402 the balance is too low.
    """
    from service.commands.sandbox import command  # noqa: PLC0415 - `run` needs none of it
    from service.commands.sandbox.faults import FAULTS  # noqa: PLC0415

    if fault is not None and fault not in FAULTS:
        raise typer.BadParameter(f"known are {', '.join(FAULTS)}", param_hint="--fault")
    settings, found = or_refuse(load_shown)
    try:
        values = settings.amqp.model_dump() | {"namespace": namespace, "topology": "declare"}
        amqp = AmqpSettings.model_validate(values)
    except ValidationError as error:
        why = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise typer.BadParameter(why, param_hint="--namespace") from None
    wanted = command.Wanted(amqp, fault, force, clean)
    try:
        raise typer.Exit(int(command.sandbox(settings, found, wanted)))
    except BadSettingsError as error:
        refuse(error)
