"""Which of a host's addresses is connected to, as in RFC 8305."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from service.edges.api.connecting import connect
from service.edges.api.connection import Connection
from tests.edges.api.server import BOUND_SECONDS

V4, V6 = socket.AF_INET, socket.AF_INET6
FIRST, SECOND = (V4, "127.0.0.1"), (V4, "127.0.0.2")


class Names(asyncio.SelectorEventLoop):
    """A loop whose every name has the addresses that the test gives it."""

    addresses: Sequence[tuple[int, str]] = ()
    looked_up = 0
    refusing: list[str] | None = None

    async def getaddrinfo(self, host: Any, port: Any, **_: Any) -> list[Any]:
        """The addresses."""
        self.looked_up += 1
        return [(family, 1, 6, "", (address, port)) for family, address in self.addresses]

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        """Connect, or refuse and take note."""
        if self.refusing is None:
            return await super().sock_connect(sock, address)
        self.refusing.append(address[0])
        raise ConnectionRefusedError(111, address[0])


@pytest.fixture
def loop() -> Iterator[Names]:
    """Such a loop."""
    with asyncio.Runner(loop_factory=Names) as runner:
        made = runner.get_loop()
        assert isinstance(made, Names)
        yield made


def plain() -> Connection:
    """A connection without TLS."""
    return Connection(None)


def listener(stack: ExitStack, address: str, port: int = 0, *, deaf: bool = False) -> socket.socket:
    """A listener that takes connections, or one for which the kernel drops every SYN."""
    made = stack.enter_context(socket.socket())
    made.bind((address, port))
    made.listen(0 if deaf else 8)
    made.settimeout(BOUND_SECONDS)
    for _ in range(4 if deaf else 0):
        filler = stack.enter_context(socket.socket())
        filler.settimeout(0)
        filler.connect_ex(made.getsockname())
    return made


def hung_up(loop: Names, taken: socket.socket) -> bool:
    """Whether the connection that was taken came to its end."""
    far, _ = taken.accept()
    with far:
        far.settimeout(0)
        ended = loop.sock_recv(far, 1)
        return loop.run_until_complete(asyncio.wait_for(ended, BOUND_SECONDS)) == b""


@pytest.mark.parametrize("deaf", [True, False], ids=["deaf", "refusing"])
def test_the_next_address_is_tried_when_one_does_not_answer(loop: Names, *, deaf: bool) -> None:
    """One that hangs, and one that refuses: the order goes out all the same."""
    loop.addresses = [FIRST, SECOND]
    with ExitStack() as stack:
        taken = listener(stack, SECOND[1])
        port = taken.getsockname()[1]
        if deaf:
            listener(stack, FIRST[1], port, deaf=True)
        loop.run_until_complete(connect("api.example", port, plain)).close()
        assert hung_up(loop, taken)


def test_the_families_take_turns_and_the_first_failure_speaks_for_all(loop: Names) -> None:
    """A family that leads nowhere costs one address's time, not that of all its addresses."""
    loop.addresses = [(V6, "::1"), (V6, "::2"), FIRST, SECOND]
    loop.refusing = []
    with pytest.raises(ConnectionRefusedError, match="::1"):
        loop.run_until_complete(connect("api.example", 1, plain))
    assert loop.refusing == ["::1", "127.0.0.1", "::2", "127.0.0.2"]


def test_a_name_is_looked_up_for_every_connection_and_an_address_never(loop: Names) -> None:
    """The API may move; and a look-up takes a thread."""
    loop.addresses = [FIRST]
    with ExitStack() as stack:
        port = listener(stack, FIRST[1]).getsockname()[1]
        for host in ("api.example", FIRST[1], "api.example"):
            loop.run_until_complete(connect(host, port, plain)).close()
        loop.run_until_complete(asyncio.sleep(0))
    assert loop.looked_up == 2


@pytest.mark.parametrize("turns", range(8))
def test_a_connection_that_is_made_while_it_is_cancelled_is_closed(loop: Names, turns: int) -> None:
    """However many turns of the loop the cancellation comes after the connection: no leak."""
    order: asyncio.Task[Connection]

    def later(left: int) -> None:
        if left:
            loop.call_soon(later, left - 1)
        else:
            order.cancel()

    def made() -> Connection:
        later(turns)
        return plain()

    with ExitStack() as stack:
        taken = listener(stack, FIRST[1])
        order = loop.create_task(connect(FIRST[1], taken.getsockname()[1], made))
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(order).close()
        assert hung_up(loop, taken)
