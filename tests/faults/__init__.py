"""Faults of the network, made on purpose, between the service and what it talks to."""

from tests.faults.conditions import BOTH, Direction, Sighting, Verdict
from tests.faults.proxy import Proxy

__all__ = ["BOTH", "Direction", "Proxy", "Sighting", "Verdict"]
