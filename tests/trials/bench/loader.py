"""A caller of the API that does nothing else: what it gets, nobody can surpass."""

import asyncio
from urllib.parse import urlsplit

_FORM = (
    b"key=load-test-key&action=add&service=1007&link=https%3A%2F%2Fexample.com%2Fp%2F7"
    b"&quantity=107&request_id=bare-0000007"
)


class Caller(asyncio.Protocol):
    """One connection; the next call follows the answer."""

    _transport: asyncio.Transport

    def __init__(self, path: str, host: str) -> None:
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(_FORM)}\r\n"
        kind = "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        self._request = (head + kind).encode() + _FORM
        self.calls = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first call."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, _: bytes) -> None:
        """An answer is short, and comes in one piece."""
        self.calls += 1
        self._transport.write(self._request)

    def close(self) -> None:
        """No more calls."""
        self._transport.abort()


async def calls_a_second(url: str, connections: int, seconds: float) -> float:
    """Over so many connections that never wait for anything but the answer."""
    loop, parts = asyncio.get_running_loop(), urlsplit(url)
    host, port = str(parts.hostname), parts.port or 80
    callers: list[Caller] = []
    try:
        for _ in range(connections):
            made = loop.create_connection(lambda: Caller(parts.path, parts.netloc), host, port)
            callers.append((await made)[1])
        await asyncio.sleep(seconds / 4)
        before, began = sum(one.calls for one in callers), loop.time()
        await asyncio.sleep(seconds)
        return (sum(one.calls for one in callers) - before) / (loop.time() - began)
    finally:
        for one in callers:
            one.close()
