"""A stand-in of the order API that costs next to nothing: `python -m tests.trials.bench.api`.

`POST /DELAY/SHARE` places an order after so many milliseconds, and answers 500 first to so many of
a hundred orders, once to each. It says where it listens, and `GET` how many calls it has answered.
"""

import asyncio
import zlib

from tests.world.broker.ports import LOOPBACK

_HEAD = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_FAILED = _HEAD % (500, 2) + b"{}"
_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_ID = b"request_id="


class Api:
    """What all connections share."""

    def __init__(self) -> None:
        self.calls = 0
        self._failed: set[bytes] = set()

    def answer(self, percent: int, form: bytes) -> bytes:
        """A new order, or a failure for the first call of an order that is to meet one."""
        self.calls += 1
        if percent:
            request_id = form[form.index(_ID) :].partition(b"&")[0]
            if zlib.crc32(request_id) % 100 < percent and request_id not in self._failed:
                self._failed.add(request_id)
                return _FAILED
        body = b'{"order": "ord_%020d"}' % self.calls
        return _HEAD % (200, len(body)) + body


class Connection(asyncio.Protocol):
    """Reads as much of HTTP as its callers here write: a length, and no request ahead."""

    _transport: asyncio.Transport

    def __init__(self, api: Api) -> None:
        self._api = api
        self._read = b""
        self._later = asyncio.get_running_loop().call_later

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Kept for the answers."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers once head and body are there."""
        self._read += data
        head, end, body = self._read.partition(_END)
        if not end:
            return
        lines = head.lower()
        at = lines.find(_LENGTH)
        if at >= 0 and len(body) < int(lines[at + len(_LENGTH) :].partition(b"\r")[0]):
            return
        self._read = b""
        method, path, _ = head.split(b" ", 2)
        if method == b"GET":
            calls = b"%d" % self._api.calls
            self._transport.write(_HEAD % (200, len(calls)) + calls)
            return
        _, delay, percent = path.split(b"/")
        answer = self._api.answer(int(percent), body)
        if delay == b"0":
            self._transport.write(answer)
        else:
            self._later(int(delay) / 1000, self._transport.write, answer)


async def main() -> None:
    """Serves until it is killed."""
    api = Api()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(api), LOOPBACK, 0, backlog=1024)
    print(f"READY http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
