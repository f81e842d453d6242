"""A stand-in of the order API: keeps its documented rules, a ledger of orders, faults on command.

In a test: `async with StandIn(Options(...)) as api:`. On its own: `python -m tests.standin`.
"""

from tests.standin.catalogue import Catalogue, Service
from tests.standin.ledger import Ledger
from tests.standin.limits import Rate
from tests.standin.matching import AllCalls, EveryNth, RequestIdIs
from tests.standin.options import Options
from tests.standin.server import StandIn

__all__ = [
    "AllCalls",
    "Catalogue",
    "EveryNth",
    "Ledger",
    "Options",
    "Rate",
    "RequestIdIs",
    "Service",
    "StandIn",
]
