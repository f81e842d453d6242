"""The admin server over real HTTP: pages, methods, a stuck loop, and clients of every kind."""

import json
import threading
from collections.abc import Iterator
from typing import NoReturn

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from service.edges.admin.health import Health
from service.edges.admin.server import MOST_CONNECTIONS, AdminServer
from service.edges.telemetry.metrics import Metrics
from tests.edges.admin.asking import BOUND_SECONDS, HOST, ask, connect, converse


@pytest.fixture
def server() -> Iterator[AdminServer]:
    """A running server on a free port."""
    running = AdminServer(HOST, 0, Metrics((1, 5)).registry, Health())
    running.start()
    yield running
    running.stop()


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


def test_openmetrics_is_negotiated(server: AdminServer) -> None:
    """The request's Accept header reaches the page."""
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer, body = ask(server.port, "/metrics", headers=accept)
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz", "/nothing"])
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
    """404 names the three pages."""
    answer, body = ask(server.port, "/")
    assert (answer.status, body) == (404, b"not found; there are /metrics, /livez and /readyz\n")


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
    server = AdminServer(HOST, 0, CollectorRegistry(), Health(lambda: moments[-1]))
    server.start()
    try:
        assert ask(server.port, "/livez")[0].status == 200
        moments.append(16.0)
        answer, body = ask(server.port, "/livez")
        assert answer.status == 503
        assert json.loads(body)["reasons"] == ["the event loop has stood still for 16 s"]
    finally:
        server.stop()


def test_silent_clients_do_not_keep_others_out() -> None:
    """Where too many connections say nothing, the oldest is hung up on and the newest served."""
    # The usual time for a request would hang up on them, too, and on the newest with them.
    server = AdminServer(HOST, 0, CollectorRegistry(), Health(), request_seconds=600.0)
    server.start()
    silent = [connect(server.port) for _ in range(MOST_CONNECTIONS + 3)]
    try:
        assert ask(server.port, "/livez")[0].status == 200
        assert [each.recv(1) for each in silent[:3]] == [b"", b"", b""]
        silent[-1].sendall(b"GET /livez HTTP/1.0\r\n\r\n")
        assert silent[-1].recv(12) == b"HTTP/1.0 200"
    finally:
        for each in silent:
            each.close()
        server.stop()


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
    server = AdminServer(HOST, 0, registry, Health())
    server.start()
    try:
        answer, body = ask(server.port, "/metrics")
        assert (answer.status, body) == (500, b"failed, see the log\n")
        assert ask(server.port, "/livez")[0].status == 200
    finally:
        server.stop()
    assert [record.getMessage() for record in caplog.records] == ["an admin page failed"]
