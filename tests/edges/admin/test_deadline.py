"""Reading within a time limit, on a real socket and with a clock of the test's own."""

import io
import socket
from collections.abc import Iterator

import pytest

from service.edges.admin.deadline import DeadlineReader

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Two sockets that are connected."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_what_arrives_in_time_is_read(ends: Ends) -> None:
    """Lines come through a buffered reader, and the end is the end."""
    ours, theirs = ends
    theirs.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
    theirs.shutdown(socket.SHUT_WR)
    reader = io.BufferedReader(DeadlineReader(ours, 5.0, lambda: 0.0))
    assert reader.read() == b"GET /livez HTTP/1.0\r\n\r\n"


def test_one_byte_at_a_time_does_not_hold_on_for_ever(ends: Ends) -> None:
    """After the time has passed not even a byte that is there already is read."""
    ours, theirs = ends
    moments = iter([0.0, 1.0, 4.0, 5.0])
    reader = DeadlineReader(ours, 5.0, lambda: next(moments))
    theirs.sendall(b"GET")
    buffer = bytearray(1)
    assert [reader.readinto(buffer), reader.readinto(buffer)] == [1, 1]
    with pytest.raises(TimeoutError):
        reader.readinto(buffer)


def test_a_silent_client_is_waited_for_no_longer_than_what_is_left(ends: Ends) -> None:
    """The socket's own time-out is what is left of the time."""
    ours, theirs = ends
    moments = iter([0.0, 3.5])
    theirs.sendall(b"G")
    DeadlineReader(ours, 5.0, lambda: next(moments)).readinto(bytearray(1))
    assert ours.gettimeout() == 1.5
