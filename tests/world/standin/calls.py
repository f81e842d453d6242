"""What arrived: the call log for reports, and the raw requests for tests."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class Call:
    """One call of the order endpoint; `answered` and `status` are None until that is decided.

    `answered` is a `Kind`, or the name of the fault that had its way; `status` is None for ever
    where nothing is answered. `order_placed` says whether this very call made an order.
    """

    request_id: str
    monotonic_seconds: float
    wall_seconds: float
    fingerprint: str
    answered: str | None = None
    status: int | None = None
    order_placed: bool = False

    def as_json(self) -> dict[str, object]:
        """Its line in `GET /calls`."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Received:
    """One HTTP request as it arrived, on whatever path but those of the control endpoints."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
