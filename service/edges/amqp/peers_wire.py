"""What replicas say, as JSON; whatever else is in the stream is passed over."""

from math import isfinite

from pydantic import TypeAdapter, ValidationError

from service.flow.sending.periods import READ_BACK_SECONDS
from service.flow.sending.said import Said

LONGEST_BODY_BYTES = 1_000

_SAID = TypeAdapter(Said)


def write(said: Said) -> bytes:
    """The body of a message."""
    return _SAID.dump_json(said)


def read(body: bytes) -> Said | None:
    """A message of the schema; None for what is none."""
    if len(body) > LONGEST_BODY_BYTES:
        return None
    try:
        said = _SAID.validate_json(body)
    except ValidationError:
        return None
    rates = [rate for rate in (said.ceiling, said.budget) if rate is not None]
    usable = (
        all(map(isfinite, (said.at, said.not_before_in, said.served_ago or 0.0, *rates)))
        and 0 <= said.weight <= 1
        and 0 < said.life <= READ_BACK_SECONDS
        and said.not_before_in >= 0
        and said.lessons >= 0
        and (said.served_ago is None or said.served_ago >= 0)
        and all(rate > 0 for rate in rates)
    )
    return said if usable else None
