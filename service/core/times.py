"""How the relay writes and reads points in time: RFC 3339 in UTC, with microseconds."""

from datetime import UTC, datetime


def to_rfc3339(moment: datetime) -> str:
    """`2026-01-31T12:00:00.000000Z` for an aware datetime; of fixed width, so that texts sort."""
    moment = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def from_rfc3339(text: str) -> datetime:
    """The aware datetime that `text` names; ValueError when it names none or has no offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range") from error


def from_epoch_seconds(seconds: float) -> datetime:
    """The aware datetime of a Unix time; ValueError beyond the years that datetime can hold."""
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{seconds!r} is out of range") from error
