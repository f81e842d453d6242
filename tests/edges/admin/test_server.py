"""The admin server over real HTTP: address, pages, a stuck loop, and clients of every kind."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NoReturn

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from service.edges.admin.deadline import MOST_HEAD_BYTES
from service.edges.admin.health import Health
from service.edges.admin.server import MOST_CONNECTIONS, AdminAddressError, AdminServer
from service.edges.telemetry.metrics import Metrics
from tests.edges.admin.asking import BOUND_SECONDS, HOST, ask, connect, converse, serving


@pytest.fixture
def server() -> Iterator[AdminServer]:
    """A running server on a free port."""
    with serving(Metrics((1, 5)).registry) as running:
        yield running


def test_port_0_is_a_free_port(server: AdminServer) -> None:
    """`port` tells which one it became."""
    assert server.port > 0


def test_the_three_pages_are_served(server: AdminServer) -> None:
    """Metrics, liveness and readiness, and no cache keeps an answer."""
    answer, body = ask(server.port, "/metrics")
    assert answer.status == 200
    assert list(text_string_to_metric_families(body.decode()))
    answer, body = ask(server.port, "/livez")
    assert (answer.status, json.loads(body)["status"]) == (200, "ok")
    answer, body = ask(server.port, "/readyz")
    assert (answer.status, json.loads(body)["status"]) == (503, "fail")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"


def test_openmetrics_is_negotiated(server: AdminServer) -> None:
    """The request's Accept header reaches the page."""
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer, body = ask(server.port, "/metrics", headers=accept)
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


@pytest.mark.parametrize("path", ["/", "/metrics", "/livez", "/readyz", "/orders/o-1", "/nothing"])
def test_head_is_get_without_the_body(server: AdminServer, path: str) -> None:
    """Same status and headers, and nothing after them."""
    got, body = ask(server.port, path)
    head, nothing = ask(server.port, path, "HEAD")
    assert (head.status, head.headers["Content-Type"]) == (got.status, got.headers["Content-Type"])
    assert int(head.headers["Content-Length"]) > 0
    assert nothing == b""
    if path != "/metrics":
        assert head.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"])
def test_other_methods_are_refused(server: AdminServer, method: str) -> None:
    """405, and which ones there are."""
    answer, _ = ask(server.port, "/livez", method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_an_unknown_path_is_not_found(server: AdminServer) -> None:
    """404 names the pages."""
    answer, body = ask(server.port, "/nothing")
    assert answer.status == 404
    assert body.startswith(b"not found; there are /, /metrics, ")


def test_answers_do_not_tell_what_runs(server: AdminServer) -> None:
    """The Server header names no versions."""
    answer, _ = ask(server.port, "/livez")
    assert answer.headers["Server"] == "order-relay"


@pytest.mark.parametrize(
    "request_bytes",
    [b"\x16\x03\x01\x02\x00\n", b"GET\r\n\r\n", b"GET /livez HTTP/9.9\r\n\r\n", b"\r\n", b"\n"],
)
def test_what_is_no_request_costs_one_connection(
    server: AdminServer, request_bytes: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is refused or hung up on, nothing is written anywhere, and the next one is served."""
    assert not converse(server.port, request_bytes).startswith(b"HTTP/1.0 200")
    assert ask(server.port, "/livez")[0].status == 200
    assert capfd.readouterr() == ("", "")


def test_requests_are_not_logged(
    server: AdminServer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Probes and scrapes write no line, nor does a client that goes away."""
    ask(server.port, "/livez")
    ask(server.port, "/nothing")
    ask(server.port, "/livez", "POST")
    connect(server.port).close()
    ask(server.port, "/livez")
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


async def test_a_stuck_event_loop_does_not_silence_it(server: AdminServer) -> None:
    """All three pages are answered while the loop does not turn."""
    answered = threading.Event()
    statuses: list[int] = []

    def probe() -> None:
        statuses.extend(
            ask(server.port, path)[0].status for path in ("/livez", "/readyz", "/metrics")
        )
        answered.set()

    client = threading.Thread(target=probe)
    client.start()
    # This is the loop's own thread: until it is released, nothing else runs on the loop.
    released = answered.wait(BOUND_SECONDS)
    client.join(BOUND_SECONDS)
    assert released
    assert statuses == [200, 503, 200]


def test_a_loop_that_stands_still_fails_the_liveness() -> None:
    """Once the last beat is too old, /livez is 503 and says so."""
    moments = [0.0]
    with serving(health=Health(lambda: moments[-1])) as server:
        assert ask(server.port, "/livez")[0].status == 200
        moments.append(16.0)
        answer, body = ask(server.port, "/livez")
        assert answer.status == 503
        assert json.loads(body)["reasons"] == ["the event loop has stood still for 16 s"]


def test_silent_clients_do_not_keep_others_out() -> None:
    """Where too many connections say nothing, the oldest is hung up on and the newest served."""
    # The usual time for a request would hang up on them, too, and on the newest with them.
    with serving(request_seconds=600.0) as server, ExitStack() as stack:
        many = range(MOST_CONNECTIONS + 3)
        silent = [stack.enter_context(connect(server.port)) for _ in many]
        assert ask(server.port, "/livez")[0].status == 200
        assert [each.recv(1) for each in silent[:3]] == [b"", b"", b""]
        silent[-1].sendall(b"GET /livez HTTP/1.0\r\n\r\n")
        assert silent[-1].recv(12) == b"HTTP/1.0 200"


def test_a_head_has_a_bound_as_a_whole(server: AdminServer) -> None:
    """However many lines it has, and however long each is."""
    line, end = b"GET /livez HTTP/1.0\r\n", b"\r\n\r\n"
    fits = line + b"X: " + b"x" * (MOST_HEAD_BYTES - len(line) - 3 - len(end))
    assert converse(server.port, fits + end).startswith(b"HTTP/1.0 200")
    for filling in (b"X: " + b"x" * MOST_HEAD_BYTES, b"X: y\r\n" * MOST_HEAD_BYTES):
        # Not a byte more: what is left unread would make the client's system drop the answer.
        assert converse(server.port, (line + filling)[:MOST_HEAD_BYTES]).startswith(b"HTTP/1.0 431")
    assert converse(server.port, (b"GET /" + b"x" * MOST_HEAD_BYTES)[:MOST_HEAD_BYTES]) == b""


def test_large_heads_take_no_memory() -> None:
    """98 lines of 64 KB on each of six connections grew a process by a quarter of a GB."""
    line = b"X: " + b"x" * 65_000 + b"\r\n"
    with serving(request_seconds=600.0) as server, ExitStack() as stack:
        for client in [stack.enter_context(connect(server.port)) for _ in range(6)]:
            # Far more than the system's buffers hold: who reads it all lets it all be sent.
            with pytest.raises(ConnectionError):
                client.sendall(b"GET /livez HTTP/1.0\r\n" + line * 98)
        assert ask(server.port, "/livez")[0].status == 200


class Broken(Collector):
    """A metric that cannot be read."""

    def describe(self) -> list[NoReturn]:
        """Nothing, so that it can be registered."""
        return []

    def collect(self) -> NoReturn:
        """Fail."""
        raise RuntimeError("no such metric")


def test_a_page_that_fails_is_500_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The client learns that it failed, the log learns why, and the other pages go on."""
    registry = CollectorRegistry()
    registry.register(Broken())
    with serving(registry) as server:
        answer, body = ask(server.port, "/metrics")
        assert (answer.status, body) == (500, b"failed, see the log\n")
        assert ask(server.port, "/livez")[0].status == 200
    assert [record.getMessage() for record in caplog.records] == ["an admin page failed"]


def test_a_taken_port_is_named() -> None:
    """The error says which host and port, and why."""
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        server = AdminServer(HOST, port, CollectorRegistry(), Health())
        with pytest.raises(AdminAddressError) as raised:
            server.start()
    assert str(raised.value) == (
        f"cannot listen on 127.0.0.1 port {port} for /metrics, /livez and /readyz: "
        "Address already in use"
    )
    server.stop()


@pytest.mark.parametrize(
    ("host", "port"), [("no.such.host.invalid", 8080), (HOST, 70_000), ("a..b", 8080)]
)
def test_an_impossible_address_is_named(host: str, port: int) -> None:
    """A host that is unknown, or a port that cannot be, is the same kind of error."""
    with pytest.raises(AdminAddressError) as raised:
        AdminServer(host, port, CollectorRegistry(), Health()).start()
    assert (raised.value.host, raised.value.port) == (host, port)
    assert raised.value.why


def test_stopping_frees_the_port_and_hangs_up() -> None:
    """The next process can have the port at once, and nobody is left hanging."""
    server = AdminServer(HOST, 0, CollectorRegistry(), Health())
    server.start()
    with connect(server.port) as silent:
        ask(server.port, "/livez")
        server.stop()
        server.stop()
        assert silent.recv(1) == b""
    again = AdminServer(HOST, server.port, CollectorRegistry(), Health())
    again.start()
    assert ask(again.port, "/livez")[0].status == 200
    again.stop()


def test_every_address_is_listened_on_where_none_is_named() -> None:
    """`0.0.0.0`, the default, and an empty host answer on the loopback address too."""
    for host in ("0.0.0.0", ""):
        with serving(host=host) as server:
            assert ask(server.port, "/livez")[0].status == 200
