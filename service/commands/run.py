"""`order-relay run` beside the command line, whose imports would let it begin later."""

import sys

from service.app.exit_codes import ExitCode
from service.app.loading import load
from service.app.run import run as relay_orders
from service.app.sources import BadSettingsError


def run() -> ExitCode:
    """Relay orders until SIGTERM or SIGINT, then drain; bad settings are named."""
    try:
        return relay_orders(load())
    except BadSettingsError as error:
        sys.stderr.write(f"{error.told}\n")
        return ExitCode.BAD_SETTINGS
