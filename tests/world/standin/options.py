"""What a stand-in can be told at its start."""

from dataclasses import dataclass, field
from decimal import Decimal

from tests.world.standin.catalogue import Catalogue
from tests.world.standin.limits import Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the API behaves, and how many of the latest calls and raw requests it keeps.

    `balance` None is unlimited; `idempotency_window_seconds` None remembers for ever.
    """

    keys: frozenset[str] = frozenset({"test-key"})
    catalogue: Catalogue = field(default_factory=Catalogue)
    balance: Decimal | None = None
    rate: Rate | None = None
    idempotency_window_seconds: float | None = None
    keep_calls: int = 10_000
    keep_requests: int = 100
