"""The closed sets of names that producers, dashboards and other tests rely on."""

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


def test_the_statuses_of_the_contract() -> None:
    """A reply has one of these."""
    assert list(Status) == ["accepted", "rejected", "failed", "unknown"]


def test_the_codes_of_the_contract() -> None:
    """An error has one of these."""
    assert list(Code) == [
        "invalid_order",
        "invalid_message",
        "missing_message_id",
        "message_id_too_long",
        "message_id_conflict",
        "missing_request_id",
        "service_not_found",
        "insufficient_balance",
        "invalid_quantity",
        "refused",
        "deadline_passed",
        "too_old",
        "attempts_exhausted",
        "outcome_unknown",
        "dropped",
    ]


def test_the_settlements_and_kinds_of_the_contract() -> None:
    """The metrics' labels `settlement` and `kind`."""
    assert list(Settlement) == ["replied", "retried", "parked", "dead_lettered", "returned"]
    assert list(PublicationKind) == ["reply", "retry", "parked"]


def test_the_outcomes_of_the_contract() -> None:
    """The metrics' label `outcome`."""
    outcomes: list[Outcome] = [
        Accepted("ord_1"),
        Refused(Code.REFUSED, "No", 400),
        Throttled(429, None),
        Suspected(401, "key"),
        Unreached("DNS"),
        Unknown("502"),
    ]
    assert [label(outcome) for outcome in outcomes] == [
        "accepted",
        "refused",
        "throttled",
        "misconfigured",
        "unreached",
        "unknown",
    ]
