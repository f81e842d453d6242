"""Serving the admin endpoints over HTTP, from their own threads.

They answer while the event loop is stuck, when they are needed most.
"""

import io
import logging
import socket
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

from prometheus_client import CollectorRegistry

from service.edges.admin.deadline import DeadlineReader
from service.edges.admin.health import Health
from service.edges.admin.pages import TEXT, Page, Pages, method_not_allowed
from service.edges.admin.whereabouts import Whereabouts

REQUEST_SECONDS = 5.0
"""How long a request may take to arrive, and then its answer to leave."""

MOST_CONNECTIONS = 32
"""The most connections at a time; one more closes the oldest, never the newest."""

POLL_SECONDS = 2.0
"""How long `stop` may have to wait, on systems where it cannot wake the thread."""

_log = logging.getLogger(__name__)


class AdminAddressError(RuntimeError):
    """The admin endpoints cannot listen on their address."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"cannot listen on {host} port {port} for /metrics, /livez and /readyz: {why}"
        )
        self.host = host
        self.port = port
        self.why = why


class AdminServer:
    """The admin endpoints at `host` and `port`; port 0 takes a free one.

    A client has `request_seconds` to send its request, and as long again to read the answer.
    """

    def __init__(
        self,
        host: str,
        port: int,
        registry: CollectorRegistry,
        health: Health,
        whereabouts: Whereabouts | None = None,
        *,
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:
        self._request_seconds = request_seconds
        self._host = host
        self._port = port
        self._pages = Pages(registry, health, whereabouts or Whereabouts())
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that is listened on, once started."""
        return self._port

    def start(self) -> None:
        """Listen and answer from now on; AdminAddressError where the address cannot be had."""
        try:
            family, _, _, _, address = socket.getaddrinfo(
                self._host or None,
                self._port,
                type=socket.SOCK_STREAM,
                flags=socket.AI_PASSIVE,
            )[0]
            # The port as it was given: getaddrinfo takes 70000 for 4464.
            server = _Server(family, (str(address[0]), self._port), self._pages)
            server.request_seconds = self._request_seconds
        except (OSError, OverflowError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise AdminAddressError(self._host, self._port, why) from error
        self._server = server
        self._port = server.server_address[1]
        self._thread = threading.Thread(
            target=server.serve_forever, args=(POLL_SECONDS,), name="admin", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        server, self._server = self._server, None
        if server is not None and self._thread is not None:
            with suppress(OSError):
                # Linux wakes whoever listens; a thread that polls instead is never idle.
                server.socket.shutdown(socket.SHUT_RDWR)
            server.shutdown()
            self._thread.join()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection, one request."""

    server: "_Server"  # type: ignore[mutable-override] # it never changes

    def setup(self) -> None:
        super().setup()
        self.rfile = io.BufferedReader(DeadlineReader(self.connection, self.server.request_seconds))

    def parse_request(self) -> bool:
        """Read the head; False where it is answered with an error here."""
        if not super().parse_request():
            return False
        if self.command not in ("GET", "HEAD"):
            self._send(method_not_allowed())
            return False
        return True

    def do_GET(self) -> None:
        """Answer with the page that was asked for."""
        try:
            page = self.server.pages.answer(self.path, self.headers.get("Accept", ""))
        except Exception:  # noqa: BLE001 - a defect must be seen, not shown as a broken connection
            _log.exception("an admin page failed")
            page = Page(HTTPStatus.INTERNAL_SERVER_ERROR, TEXT, b"failed, see the log\n")
        self._send(page)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def _send(self, page: Page) -> None:
        # What is left of the time after reading may be too little for writing.
        self.connection.settimeout(self.server.request_seconds)
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("Cache-Control", "no-store")
        # A browser runs nothing and loads nothing here, whatever a reason may say.
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        if page.status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Log nothing: probes and scrapes would be most of the log."""

    def version_string(self) -> str:
        """The name alone: the default also shows the version of Python."""
        return "order-relay"


class _Server(ThreadingMixIn, TCPServer):
    """A thread for each connection, and a bound on both."""

    daemon_threads = True
    # Otherwise closing waits for every client.
    block_on_close = False
    # Without it a restart finds the port taken by connections of the process before.
    allow_reuse_address = True
    # With it two processes would share the port, and neither would notice.
    allow_reuse_port = False
    request_queue_size = 128
    request_seconds = REQUEST_SECONDS

    def __init__(self, family: int, address: tuple[str, int], pages: Pages) -> None:
        self.address_family = family
        self.pages = pages
        self._open: dict[Any, None] = {}
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)
        # A client that left between the poll and the accept must not hold the accepting thread.
        self.socket.settimeout(0)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection, and close the oldest where there are too many."""
        connection, address = super().get_request()
        with self._open_lock:
            surplus = list(self._open)[: len(self._open) + 1 - MOST_CONNECTIONS]
            self._open[connection] = None
        self._hang_up(surplus)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection that is done with."""
        with self._open_lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Free the port, and close every connection."""
        super().server_close()
        with self._open_lock:
            left = list(self._open)
        self._hang_up(left)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log nothing for a client that disconnects or is slow; the default prints a traceback."""

    def _hang_up(self, connections: list[socket.socket]) -> None:
        for connection in connections:
            with self._open_lock:
                self._open.pop(connection, None)
            # Its thread reads the end and closes; it may have done so already.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
