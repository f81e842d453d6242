"""What arrived: forms, the call log for reports, and the raw requests for tests."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import unquote_plus


@dataclass(slots=True)
class Call:
    """One call of the order endpoint; `answered` and `status` are None until that is decided.

    `answered` is a `Kind`, or the name of the fault that had its way; `status` is None for ever
    where nothing is answered. `order_placed` says whether this very call made an order. A worker
    had it from `began_seconds` to `ended_seconds`, both monotonic; a throttled call has no worker.
    """

    request_id: str
    key: str
    monotonic_seconds: float
    wall_seconds: float
    fingerprint: str
    answered: str | None = None
    status: int | None = None
    order_placed: bool = False
    began_seconds: float | None = None
    ended_seconds: float | None = None

    def as_json(self) -> dict[str, object]:
        """Its line in `GET /calls`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Received:
    """One HTTP request as it arrived, on whatever path but those of the control endpoints."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The parameters of one call.

    `fingerprint` is the SHA-256 of the body's bytes without the parameter `key`: a form whose
    parameters change order or encoding is a different one. `repeated` is a name sent twice.
    """

    values: Mapping[str, str]
    fingerprint: bytes
    repeated: str | None = None

    @property
    def request_id(self) -> str:
        """The idempotency key, or "" where none was sent."""
        return self.values.get("request_id", "")


def read_form(body: bytes) -> Form:
    """The form in an application/x-www-form-urlencoded body; any bytes make a form."""
    text = body.decode("utf-8", "replace")
    values: dict[str, str] = {}
    repeated = None
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            name, value = unquote_plus(name), unquote_plus(value)
        if name in values:
            repeated = name
        values[name] = value
    # With the key in it, a retry after a key rotation would count as a different order.
    kept = [pair for pair in body.split(b"&") if not pair.startswith(b"key=")]
    return Form(values, hashlib.sha256(b"&".join(kept)).digest(), repeated)
