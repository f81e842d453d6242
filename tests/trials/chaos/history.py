"""What the outside saw of one run: all that the checker reads, and nothing that the relay says.

Times are in seconds since the epoch, by this machine's one clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

Status = Literal["accepted", "rejected", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Sent:
    """One publish of a request; `confirmed_at` None says that no confirm came: it may be lost."""

    request_id: str
    body: str
    began_at: float
    confirmed_at: float | None
    deadline_at: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One reply, as it lay in a queue of a producer, or in `unrouted` where nobody was bound."""

    request_id: str
    status: Status
    code: str | None
    order: str | None
    attempts: int
    arrived_at: float
    where: Literal["replies", "unrouted"] = "replies"


@dataclass(frozen=True, slots=True)
class Found:
    """One message that a queue of the topology still held at the end."""

    request_id: str
    queue: str


@dataclass(frozen=True, slots=True)
class Called:
    """One call that reached the API; `status` None where it was never answered.

    `fingerprint` tells two forms apart; `order_placed` says that this call made an order.
    """

    request_id: str
    arrived_at: float
    fingerprint: str
    answered: str | None
    status: int | None
    order_placed: bool


@dataclass(frozen=True, slots=True)
class Booked:
    """What the API's ledger says about one request_id; `order` is the id of its first order."""

    request_id: str
    orders: int
    order: str | None
    conflicts: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the run was set to: how late is late, by the relay's settings and the run's own."""

    idempotency_window_seconds: float
    max_age_seconds: float
    quiet_within_seconds: float
    margin_seconds: float


@dataclass(frozen=True, slots=True)
class Ending:
    """When the faults ended, when all was quiet (None: never), and what the queues held then."""

    faults_ended_at: float
    quiet_at: float | None
    depths: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Inflicted:
    """One fault that was carried out, for the story of an order."""

    kind: str
    began_at: float
    ended_at: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """One whole run."""

    scenario: str
    seed: int
    bounds: Bounds
    ending: Ending
    sent: tuple[Sent, ...]
    told: tuple[Told, ...]
    found: tuple[Found, ...]
    called: tuple[Called, ...]
    booked: tuple[Booked, ...]
    inflicted: tuple[Inflicted, ...]

    def save(self, file: Path) -> None:
        """Keeps it on disk, as JSON."""
        file.write_bytes(_ADAPTER.dump_json(self))

    @classmethod
    def load(cls, file: Path) -> "History":
        """The history that was saved in `file`; pydantic's ValidationError if it is none."""
        return _ADAPTER.validate_json(file.read_bytes())


_ADAPTER = TypeAdapter(History)
