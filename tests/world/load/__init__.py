"""What the soak and the bench have in common, and what is promised about orders that wait."""

from tests.world.load.orders import (
    LONGEST_TIER_SECONDS,
    Order,
    Producer,
    left,
    new_orders,
    publish_waiting,
)
from tests.world.load.processes import ApiProcess, ProcessFailedError, RelayProcess
from tests.world.load.procfs import cpu_seconds, open_files, resident_kib
from tests.world.load.replies import Replies, Reply
from tests.world.load.waiting import until

__all__ = [
    "LONGEST_TIER_SECONDS",
    "ApiProcess",
    "Order",
    "ProcessFailedError",
    "Producer",
    "RelayProcess",
    "Replies",
    "Reply",
    "cpu_seconds",
    "left",
    "new_orders",
    "open_files",
    "publish_waiting",
    "resident_kib",
    "until",
]
