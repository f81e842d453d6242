"""Certificates that a test makes for itself."""

import ssl
from pathlib import Path

import trustme


class Authority:
    """A certificate authority that nobody but the tests trusts; its certificate is in `file`."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.file))

    def server(self, name: str = "127.0.0.1") -> ssl.SSLContext:
        """What a server that calls itself `name` needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(name).configure_cert(context)
        return context
