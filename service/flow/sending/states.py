"""The states of the API's account, what moves them, and who may be sent in each: all in tables.

Three things can be wrong, each for itself, and the strictest says who is sent:

| what    | states                                                                            |
|---------|-----------------------------------------------------------------------------------|
| key     | trusted, suspected (one order was refused for it), refused (others were, too)     |
| circuit | closed, doubted (this replica meets failures only), open (all replicas do)        |
| limit   | kept, waiting (as the API asks), trying (the wait is over), waiting again, probing |

What a table does not name leaves the state as it is.
"""

from collections.abc import Mapping
from enum import Enum, IntEnum, auto


class Admission(IntEnum):
    """Who may be sent, the strictest first."""

    NOBODY = 0
    PROBE = 1
    """One order now and then, of all replicas together."""
    ONE = 2
    """One order at a time."""
    ALL = 3


class Signal(Enum):
    """What is learned."""

    SERVED = auto()
    CLEARED = auto()
    """An order was served that was sent after every suspect."""
    SUSPECTED = auto()
    CONFIRMED = auto()
    """Several orders were suspected, and none served between them."""
    FAILED = auto()
    """Attempts failed, as many as make a doubt, and none was served between them."""
    ALL_FAIL = auto()
    OTHERS_FAIL = auto()
    """They are served nothing, and this replica was never served."""
    THROTTLED = auto()
    WAITED = auto()
    """The wait that the API asked for is over."""


class Key(Enum):
    """Whether the API takes the account's key."""

    TRUSTED = auto()
    SUSPECTED = auto()
    REFUSED = auto()


class Circuit(Enum):
    """Whether the API serves anybody."""

    CLOSED = auto()
    DOUBTED = auto()
    OPEN = auto()


class Limit(Enum):
    """Whether the API asks to wait."""

    KEPT = auto()
    WAITING = auto()
    TRYING = auto()
    WAITING_AGAIN = auto()
    PROBING = auto()


State = Key | Circuit | Limit

TRANSITIONS: Mapping[State, Mapping[Signal, State]] = {
    Key.TRUSTED: {Signal.SUSPECTED: Key.SUSPECTED},
    Key.SUSPECTED: {Signal.CLEARED: Key.TRUSTED, Signal.CONFIRMED: Key.REFUSED},
    Key.REFUSED: {Signal.CLEARED: Key.TRUSTED},
    Circuit.CLOSED: {Signal.FAILED: Circuit.DOUBTED, Signal.OTHERS_FAIL: Circuit.OPEN},
    Circuit.DOUBTED: {Signal.SERVED: Circuit.CLOSED, Signal.ALL_FAIL: Circuit.OPEN},
    Circuit.OPEN: {Signal.SERVED: Circuit.CLOSED},
    Limit.KEPT: {Signal.THROTTLED: Limit.WAITING},
    Limit.WAITING: {Signal.WAITED: Limit.TRYING},
    Limit.TRYING: {Signal.SERVED: Limit.KEPT, Signal.THROTTLED: Limit.WAITING_AGAIN},
    Limit.WAITING_AGAIN: {Signal.SERVED: Limit.WAITING, Signal.WAITED: Limit.PROBING},
    Limit.PROBING: {Signal.SERVED: Limit.KEPT, Signal.THROTTLED: Limit.WAITING_AGAIN},
}

ADMITS: Mapping[State, Admission] = {
    Key.TRUSTED: Admission.ALL,
    Key.SUSPECTED: Admission.ONE,
    Key.REFUSED: Admission.PROBE,
    Circuit.CLOSED: Admission.ALL,
    Circuit.DOUBTED: Admission.ONE,
    Circuit.OPEN: Admission.PROBE,
    Limit.KEPT: Admission.ALL,
    Limit.WAITING: Admission.NOBODY,
    Limit.TRYING: Admission.ONE,
    Limit.WAITING_AGAIN: Admission.NOBODY,
    Limit.PROBING: Admission.PROBE,
}

TROUBLED = frozenset(
    {
        Key.SUSPECTED,
        Key.REFUSED,
        Circuit.DOUBTED,
        Circuit.OPEN,
        Limit.WAITING_AGAIN,
        Limit.PROBING,
    }
)
"""Where all replicas say one of these, one of them asks for all."""

PROBING = frozenset({Key.REFUSED, Circuit.OPEN, Limit.WAITING_AGAIN, Limit.PROBING})
"""Nothing but probes is sent for a while: what has not begun need not wait in the process."""


def after(state: State, signal: Signal) -> State:
    """The state after `signal`."""
    return TRANSITIONS[state].get(signal, state)


class States:
    """All three; what follows from them is kept, since it is asked for many times an order."""

    def __init__(self) -> None:
        self.key: State = Key.TRUSTED
        self.circuit: State = Circuit.CLOSED
        self.limit: State = Limit.KEPT
        self.admits = Admission.ALL
        self.troubled = self.probing = False

    def learn(self, signal: Signal) -> bool:
        """Move each; whether one is another."""
        if self.admits is Admission.ALL and signal in (Signal.SERVED, Signal.CLEARED):
            # Nearly always: no table has a way from there by these.
            return False
        before = self.key, self.circuit, self.limit
        now = self.key, self.circuit, self.limit = tuple(after(state, signal) for state in before)
        if now == before:
            return False
        self.admits = min(ADMITS[state] for state in now)
        self.troubled = not TROUBLED.isdisjoint(now)
        self.probing = not PROBING.isdisjoint(now)
        return True
