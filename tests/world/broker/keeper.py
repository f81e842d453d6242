"""The process that keeps one node: when the process that started it is gone, so is the node.

It runs alone (`python keeper.py '[[epmd...], [node...]]'`), so it imports nothing of ours. Each
byte on its standard input is the number of a signal for the node; the end of the input, which
comes however the parent ended, is SIGKILL.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress

EPMD_DEADLINE_SECONDS = 10.0


def keep(epmd_command: list[str], epmd_port: int, node_command: list[str]) -> int:
    """The exit code of the node, once it and its port mapper are gone.

    Without a command for the port mapper the node uses one that somebody else keeps.
    """
    epmd = subprocess.Popen(epmd_command, stdin=subprocess.DEVNULL) if epmd_command else None
    try:
        _wait_until_accepting(epmd_port)
        # A standard input that is not ours: the Erlang VM would eat the signals sent to us.
        node = subprocess.Popen(node_command, stdin=subprocess.DEVNULL)
        threading.Thread(target=_obey, args=(node,), daemon=True).start()
        return node.wait()
    finally:
        if epmd:
            epmd.kill()
            epmd.wait()


def _obey(node: "subprocess.Popen[bytes]") -> None:
    while number := os.read(sys.stdin.fileno(), 1):
        with suppress(ProcessLookupError):
            node.send_signal(number[0])
    node.kill()


def _wait_until_accepting(port: int) -> None:
    deadline = time.monotonic() + EPMD_DEADLINE_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    message = f"epmd does not accept on port {port}"
    raise TimeoutError(message)


if __name__ == "__main__":
    keep(*json.loads(sys.argv[1]))
