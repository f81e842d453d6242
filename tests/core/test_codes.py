"""The closed sets of names that producers, dashboards and other tests rely on."""

from collections.abc import Iterable

import pytest

from service.core.codes import Code, Status
from service.core.message import PublicationKind
from service.core.outcome import (
    Accepted,
    Outcome,
    Refused,
    Suspected,
    Throttled,
    Unknown,
    Unreached,
    label,
)
from service.core.settlement import Settlement

OUTCOMES: tuple[Outcome, ...] = (
    *(Accepted("ord_1"), Refused(Code.REFUSED, "No", 400), Throttled(429, None)),
    *(Suspected(401, "key"), Unreached("DNS"), Unknown("502")),
)


@pytest.mark.parametrize(
    ("names", "contract"),
    [
        (Status, ["accepted", "rejected", "failed", "unknown"]),
        (
            Code,
            [
                *("invalid_order", "invalid_message", "missing_message_id"),
                *("message_id_too_long", "message_id_conflict", "missing_request_id"),
                *("service_not_found", "insufficient_balance", "invalid_quantity", "refused"),
                *("deadline_passed", "too_old", "attempts_exhausted", "outcome_unknown"),
                "dropped",
            ],
        ),
        (Settlement, ["replied", "retried", "parked", "dead_lettered", "returned"]),
        (PublicationKind, ["reply", "retry", "parked"]),
        (
            [label(outcome) for outcome in OUTCOMES],
            ["accepted", "refused", "throttled", "misconfigured", "unreached", "unknown"],
        ),
    ],
    ids=["status", "code", "settlement", "kind", "outcome"],
)
def test_the_names_of_the_contract(names: Iterable[str], contract: list[str]) -> None:
    """Members of replies, and labels of metrics: these and no others."""
    assert list(names) == contract
