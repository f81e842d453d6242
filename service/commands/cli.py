"""The command line."""

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from service import __version__
from service.app.exit_codes import ExitCode
from service.app.loading import load_seen, load_shown
from service.app.sources import BadSettingsError
from service.commands import addresses
from service.commands import config as config_command
from service.commands.parked.cli import app as parked
from service.commands.refusing import or_refuse, refuse
from service.commands.sandbox.cli import sandbox
from service.commands.send.cli import send
from service.commands.trace.cli import trace
from service.commands.unrouted.cli import app as unrouted

app = typer.Typer(
    name="order-relay",
    no_args_is_help=True,
    add_completion=False,
    # Typer's pretty tracebacks print local variables, the API key among them.
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Takes order requests from RabbitMQ, places each once at the order API, and publishes what "
        "became of it.\n\n"
        "Settings come from environment variables (ORDER_RELAY_...), from a file .env in the "
        "current folder, and from the files of a secrets directory; `order-relay config` lists "
        "them all. Only ORDER_RELAY_API__KEY must be set, and only for `run`."
    ),
    epilog="Exit codes: 0 done, 1 a check failed, 75 could not drain in time, 78 bad settings.",
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"order-relay {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    pass


@app.command(short_help="Relay orders until SIGTERM, then drain.")
def run() -> None:
    """Relay orders until SIGTERM or SIGINT; then finish what is in flight and exit.

    A second signal ends at once. Whatever was not settled is delivered again by the broker, and
    the order API's idempotency keeps it from being placed twice.
    """
    from service.commands.run import run as relay_orders  # noqa: PLC0415 - as `__main__` does

    _exit(relay_orders())


@app.command(short_help="Declare what is missing at the broker, or check.")
def topology(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; say what is missing or differs.")
    ] = False,
) -> None:
    """Declare the exchanges, queues and bindings that are missing at the broker."""
    # The broker's edge is a third of the time until any command says something.
    from service.commands import topology as topology_command  # noqa: PLC0415

    settings = or_refuse(load_seen)
    command = topology_command.check if check else topology_command.declare
    _exit(asyncio.run(command(settings)))


@app.command(short_help="Show how the relays fare, live in the terminal.")
def top(
    url: Annotated[
        list[str] | None,
        typer.Option(
            help="A relay's admin address, as http://127.0.0.1:8080; may be given several times. "
            "Without it the one of the settings.",
            show_default=False,
        ),
    ] = None,
    interval: Annotated[
        float, typer.Option(min=0.2, max=3600, help="Seconds from one look to the next.")
    ] = 2.0,
    once: Annotated[
        bool, typer.Option("--once", help="Print one view and exit; so it is without a terminal.")
    ] = False,
) -> None:
    """Show rates, outcomes, latencies, holds and queue depths of relays, by their /metrics.

    It only looks: it asks the relays for their metrics and the broker, where it can be reached, for
    the depths of the queues, and needs no API key. q or Ctrl-C ends it.
    """
    # rich alone is a fifth of the time until `run` takes its first order.
    from service.commands.top import command as top_command  # noqa: PLC0415

    try:
        settings = load_seen()
        urls = addresses.of(url or [], settings.admin)
    except BadSettingsError as error:
        refuse(error)
    except addresses.UnusableAddressError as error:
        raise typer.BadParameter(str(error), param_hint="--url") from None
    _exit(top_command.top(settings, urls, interval, once=once))


app.add_typer(parked, name="parked", short_help="List, show and end what waits for a person.")
app.add_typer(unrouted, name="unrouted", short_help="List and deliver replies without a receiver.")


app.command("trace", short_help="Say where an order is.")(trace)
app.command("send", short_help="Publish orders and wait for their replies.")(send)
app.command("sandbox", short_help="Run a relay without the API, to try a producer.")(sandbox)


@app.command("check-message", short_help="Say what the relay would say of a message.")
def check_message(
    file: Annotated[
        typer.FileText,
        typer.Argument(help="JSON, one message or several; - reads stdin.", encoding="utf-8"),
    ],
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 for what is only unwise, too.")
    ] = False,
) -> None:
    """Say as JSON what the relay would say of a message, by its own rules, and what is unwise.

    It needs no broker, no API and no settings. The file has {"properties": {...},
    "headers": {...}, "body": ...}; docs/contract says more. Exit code 1 where a message would
    not be sent to the API.
    """
    from service.commands.check_message import check  # noqa: PLC0415 - `run` needs none of it

    _exit(check(file, strict=strict))


@app.command(short_help="Print the contract of the messages as AsyncAPI.")
def asyncapi(
    namespace: Annotated[str, typer.Option(help="Prefix of the exchanges.")] = "orders",
) -> None:
    """Print the contract of the messages as an AsyncAPI 3.1 document, in JSON.

    It needs no broker, no API and no settings. The schemas in it are those of docs/contract.
    """
    from service.commands.asyncapi.document import build  # noqa: PLC0415 - `run` needs none of it

    typer.echo(json.dumps(build(namespace), indent=2))


@app.command(short_help="Show the effective settings.")
def config() -> None:
    """Show the effective settings, secrets masked, and where each came from."""
    for line in config_command.lines(*or_refuse(load_shown)):
        typer.echo(line)


@app.command(short_help="Look for what would keep orders from flowing.")
def doctor(
    only: Annotated[list[str] | None, typer.Option(help="Codes, or how they begin: OR-T.")] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Codes to leave out.")] = None,
    wait: Annotated[
        float, typer.Option(min=0.0, max=3600.0, help="Seconds until nothing is wrong any more.")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write all of it to a new .tar.gz, without secrets."),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A relay's log in JSON, whose end goes into the bundle.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Look at settings, brokers, rights, topology and API; change nothing.

    A line for each thing with its code, and what to do about it; the last line is the verdict.
    The API is called with a call that places no order. Exit code 1 where something is wrong.
    """
    # httpx2 and what it needs would make `run` begin later.
    from service.commands.doctor import command as doctor_command  # noqa: PLC0415

    for prefix in (*(only or ()), *(skip or ())):
        if not doctor_command.is_known(prefix):
            raise typer.BadParameter(f"no code begins with {prefix!a}; see docs/doctor.md")
    if bundle is not None and os.path.lexists(bundle):
        raise typer.BadParameter(f"{bundle} is there already, and stays", param_hint="--bundle")
    if log is not None and bundle is None:
        raise typer.BadParameter("goes with --bundle", param_hint="--log")
    try:
        settings, found = load_shown()
    except BadSettingsError as error:
        _exit(doctor_command.refused(error.problems, as_json=as_json))
    wanted = doctor_command.Wanted(
        only=only or (),
        skip=skip or (),
        as_json=as_json,
        wait_seconds=wait,
        bundle=bundle,
        log=log,
    )
    _exit(asyncio.run(doctor_command.doctor(settings, found, wanted)))


def _exit(code: ExitCode) -> NoReturn:
    raise typer.Exit(int(code))


def main() -> None:
    """The console script."""
    app(prog_name="order-relay")
