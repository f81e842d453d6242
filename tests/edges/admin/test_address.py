"""The address of the admin server: taken, impossible, free again."""

import socket

import pytest
from prometheus_client import CollectorRegistry

from service.edges.admin.health import Health
from service.edges.admin.server import AdminAddressError, AdminServer
from tests.edges.admin.asking import HOST, ask, connect


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
        server = AdminServer(host, 0, CollectorRegistry(), Health())
        server.start()
        try:
            assert ask(server.port, "/livez")[0].status == 200
        finally:
            server.stop()
