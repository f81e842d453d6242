"""TLS without I/O: what came goes in, what must leave comes out.

asyncio's own TLS throws decrypted bytes away when a broken record comes in the same read.
"""

import ssl
from collections.abc import Iterator

_READ_BYTES = 64 * 1024


class Records:
    """The client's side of one TLS connection to `host`, verified by `trust`."""

    def __init__(self, trust: ssl.SSLContext, host: str) -> None:
        self._came, self._leaves = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trust.wrap_bio(self._came, self._leaves, server_hostname=host)
        self.secured = False

    def came(self, data: bytes) -> None:
        """Take what the peer sent."""
        self._came.write(data)

    def ended(self) -> None:
        """Take note that the peer sends no more."""
        self._came.write_eof()

    def plain(self) -> Iterator[bytes]:
        """What can be decrypted by now, and b"" at the end. Raises ssl.SSLError.

        The handshake comes first.
        """
        try:
            if not self.secured:
                self._tls.do_handshake()
                self.secured = True
            while True:
                yield self._tls.read(_READ_BYTES)
        except ssl.SSLWantReadError:
            return
        except ssl.SSLEOFError:
            # Many servers close without a word of TLS: h11 knows whether the answer is whole.
            if not self.secured:
                raise
            yield b""

    def encrypt(self, data: bytes) -> None:
        """Make records of it, which must leave."""
        self._tls.write(data)

    def leaves(self) -> bytes:
        """What must be sent now."""
        return self._leaves.read()
