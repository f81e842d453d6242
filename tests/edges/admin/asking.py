"""An admin server, and asking it over real HTTP, each wait with a bound."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry

from service.edges.admin.health import Health
from service.edges.admin.server import REQUEST_SECONDS, AdminServer
from service.edges.admin.whereabouts import Whereabouts

BOUND_SECONDS = 10
HOST = "127.0.0.1"


def ask(
    port: int, path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    """The answer to one request, and its body."""
    connection = http.client.HTTPConnection(HOST, port, timeout=BOUND_SECONDS)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def connect(port: int) -> socket.socket:
    """A connection that says nothing."""
    return socket.create_connection((HOST, port), timeout=BOUND_SECONDS)


def converse(port: int, request: bytes) -> bytes:
    """All that comes back for these bytes."""
    with connect(port) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@contextmanager
def serving(
    registry: CollectorRegistry | None = None,
    health: Health | None = None,
    *,
    host: str = HOST,
    request_seconds: float = REQUEST_SECONDS,
    whereabouts: Whereabouts | None = None,
) -> Iterator[AdminServer]:
    """A running server on a free port."""
    server = AdminServer(
        host,
        0,
        registry or CollectorRegistry(),
        health or Health(),
        whereabouts,
        request_seconds=request_seconds,
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()
