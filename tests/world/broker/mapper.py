"""A port mapper of Erlang for all the nodes of one cluster."""

import json
import subprocess
import sys

from tests.world.broker import keeper
from tests.world.broker.find import Installed
from tests.world.broker.node import wait_until
from tests.world.broker.ports import LOOPBACK, accepts, free_ports


class PortMapper:
    """An epmd on a port of its own, gone with `close` or with who started it."""

    def __init__(self, installed: Installed) -> None:
        (self.port,) = free_ports(1)
        epmd = [str(installed.epmd), "-address", LOOPBACK, "-port", str(self.port)]
        # The keeper needs something to keep beside it, which ends only by its signal.
        plan = json.dumps([epmd, self.port, ["sleep", "infinity"]])
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", keeper.__file__, plan],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(lambda: accepts(self.port), "epmd accepts", 30.0)

    def close(self) -> None:
        """Ends it."""
        if self._keeper.stdin:
            self._keeper.stdin.close()
        self._keeper.wait()
