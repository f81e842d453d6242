"""The closed sets of statuses and codes that replies carry (contract: "A reply")."""

from enum import StrEnum


class Status(StrEnum):
    """What became of an order; the `status` of its reply."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Code(StrEnum):
    """Why an order was not accepted."""

    INVALID_ORDER = "invalid_order"
    INVALID_MESSAGE = "invalid_message"
    MISSING_MESSAGE_ID = "missing_message_id"
    MESSAGE_ID_TOO_LONG = "message_id_too_long"
    MESSAGE_ID_CONFLICT = "message_id_conflict"
    MISSING_REQUEST_ID = "missing_request_id"
    SERVICE_NOT_FOUND = "service_not_found"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    INVALID_QUANTITY = "invalid_quantity"
    REFUSED = "refused"
    DEADLINE_PASSED = "deadline_passed"
    TOO_OLD = "too_old"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    OUTCOME_UNKNOWN = "outcome_unknown"
    DROPPED = "dropped"
