"""What the process says when it ends."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of the contract; 75 and 78 are those of sysexits.h."""

    OK = 0
    CHECK_FAILED = 1
    NOT_DRAINED = 75
    BAD_SETTINGS = 78
