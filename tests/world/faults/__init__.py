"""Faults of the network, made on purpose, between the service and what it talks to."""

from tests.world.faults.conditions import BOTH, Direction, Verdict
from tests.world.faults.proxy import Proxy

__all__ = ["BOTH", "Direction", "Proxy", "Verdict"]
