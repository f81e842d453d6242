"""A connection to the first address of a host that answers, as in RFC 8305.

asyncio's own race loses a socket that is just connected when it is cancelled.
"""

import asyncio
import ipaddress
import socket
from collections import deque
from collections.abc import Callable
from itertools import chain, zip_longest

from service.edges.api.connection import Connection

NEXT_ADDRESS_SECONDS = 0.25
"""After so long the next address is tried as well."""


async def connect(host: str, port: int, made: Callable[[], Connection]) -> Connection:
    """A new connection; the first address's OSError where none can be reached."""
    waiting = deque(await _addresses(host, port))
    trying: set[asyncio.Task[Connection]] = set()
    errors: list[BaseException] = []
    try:
        while waiting or trying:
            if waiting:
                trying.add(asyncio.create_task(_connect(waiting.popleft(), port, made)))
            done, trying = await asyncio.wait(
                trying,
                timeout=NEXT_ADDRESS_SECONDS if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                if (error := task.exception()) is None:
                    trying |= done - {task}
                    return task.result()
                errors.append(error)
        raise errors[0]
    finally:
        for task in trying:
            # What was connected in the same moment would stay open.
            if not task.cancel() and not task.exception():
                task.result().close()


async def _addresses(host: str, port: int) -> list[str]:
    """The addresses as they are now, the two families by turns."""
    try:
        # Nothing to look up, which would take a thread.
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    families: dict[int, list[str]] = {}
    loop = asyncio.get_running_loop()
    for family, _, _, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        families.setdefault(family, []).append(str(address[0]))
    return list(filter(None, chain.from_iterable(zip_longest(*families.values()))))


async def _connect(address: str, port: int, made: Callable[[], Connection]) -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(made, address, port)
    return connection
