"""What the stand-in of the API does wrong on command: the field `sandbox` of an order names it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """How the first `times` calls for an order end; None means all of them.

    `placed` says that the order exists all the same. `silent` gives no answer and `cut` closes the
    connection; `half` gives half of the usual answer; else `status` is answered.
    """

    about: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    times: int | None = 1
    placed: bool = False
    silent: bool = False
    cut: bool = False
    half: bool = False


FAULTS = {
    "busy-429": Fault("429 with Retry-After: 1, once", 429, {"Retry-After": "1"}),
    "busy-503": Fault("503 with Retry-After: 1, once", 503, {"Retry-After": "1"}),
    "error-500": Fault("500, once", 500),
    "error-502": Fault("502, twice", 502, times=2),
    "timeout": Fault("no answer in time, once; not placed", silent=True),
    "late-answer": Fault("placed, no answer in time, once", placed=True, silent=True),
    "lost-answer": Fault("placed, the answer is lost, once", placed=True, cut=True),
    "half-answer": Fault("placed, half an answer, once", placed=True, half=True),
    "bad-key": Fault("401 as if the key were wrong, once", 401),
    "always-lost": Fault(
        "placed, all answers are lost: ends as unknown", placed=True, cut=True, times=None
    ),
}
NO_SUCH_SERVICE, TOO_DEAR = "404", "402"
"""Services that the stand-in does not have, or for which there is no money."""
