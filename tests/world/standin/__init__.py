"""A stand-in of the order API: keeps its documented rules, a ledger of orders, faults on command.

In a test: `async with StandIn(Options(...)) as api:`. On its own: `python -m tests.world.standin`.
"""

from tests.world.standin.catalogue import Catalogue
from tests.world.standin.ledger import Ledger
from tests.world.standin.matching import AllCalls, EveryNth, RequestIdIs
from tests.world.standin.server import Options, StandIn

__all__ = [
    "AllCalls",
    "Catalogue",
    "EveryNth",
    "Ledger",
    "Options",
    "RequestIdIs",
    "StandIn",
]
