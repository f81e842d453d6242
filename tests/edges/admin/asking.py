"""Asking the admin server over real HTTP, each wait with a bound."""

import http.client
import socket

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
