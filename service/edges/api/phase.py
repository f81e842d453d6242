"""How far an attempt got: what decides between certainly unsent and perhaps sent."""

from enum import IntEnum


class Phase(IntEnum):
    """The phases of an attempt, in their order; below SENDING nothing of the request has left."""

    WAITING = 0
    CONNECTING = 1
    SECURING = 2
    SENDING = 3
    SENT = 4
    READING = 5


class Progress:
    """The phase that one attempt has reached; the transport moves it on."""

    def __init__(self) -> None:
        self.phase = Phase.WAITING
