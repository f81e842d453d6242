"""What the tests of this command share."""

from tests.commands.parked.conftest import run

__all__ = ["run"]
