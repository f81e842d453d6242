"""`order-relay run` with its work counted: on SIGUSR1 it writes a line with the figures so far.

One that is `IDLE` writes it by itself: whenever it has looked LOOKS times how late the loop is.

Only what the event loop's thread does is counted: the writer of the log has its own.
"""

import json
import os
import signal
import socket
import struct
import sys
from collections import Counter
from itertools import count
from types import FrameType
from typing import Any

from service.__main__ import main as run
from service.flow.events.process import LoopLagged

CODE = "from tests.app.counted import main; main()"
IDLE = "from tests.app.counted import LOOKS, main; main(LOOKS)"
"""What starts it, for RelayProcess."""

LOOKS = 4

TASK = "task "
"""What the count of a kind of tasks begins with."""

_BYTES_ACKED = 120
"""Where `tcpi_bytes_acked` is in Linux' struct tcp_info."""

counted: Counter[str] = Counter()
senders: set[socket.socket] = set()
numbers = count(1)


def profile(frame: FrameType, event: str, arg: Any) -> None:
    """Count it."""
    if event == "call":
        if frame.f_code is LoopLagged.__init__.__code__:
            counted["looks"] += 1
        # How often the loop turns is the machine's mood.
        if not frame.f_code.co_filename.endswith(("asyncio/base_events.py", "selectors.py")):
            counted["calls"] += 1
        elif frame.f_code.co_name == "create_task":
            counted["tasks"] += 1
            counted[TASK + frame.f_locals["coro"].__qualname__] += 1
    elif event == "c_call" and arg.__name__ in {"send", "sendmsg"} and to_peer(arg.__self__):
        counted["sends"] += 1
        senders.add(arg.__self__)


def to_peer(sender: object) -> bool:
    """Whether it is a connection, and not the loop's own pair of sockets."""
    return isinstance(sender, socket.socket) and sender.family != socket.AF_UNIX


def tell(*_: object) -> None:
    """Write the line."""
    sent = sum(map(acked_bytes, senders))
    line = {"event": "counted", "number": next(numbers), **counted, "bytes": sent}
    os.write(1, json.dumps(line).encode() + b"\n")


def acked_bytes(connection: socket.socket) -> int:
    """How many bytes its peer has got, while it is open."""
    if connection.fileno() < 0:
        return 0
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return int(struct.unpack_from("Q", info, _BYTES_ACKED)[0])


def main(looks: int = 0) -> None:
    """Run the relay; with `looks` it tells each time that it has looked so often at its loop."""

    def profile_and_tell(frame: FrameType, event: str, arg: Any) -> None:
        before = counted["looks"]
        profile(frame, event, arg)
        if counted["looks"] != before and counted["looks"] % looks == 0:
            tell()

    signal.signal(signal.SIGUSR1, tell)
    sys.setprofile(profile_and_tell if looks else profile)
    run()
