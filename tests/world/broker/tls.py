"""Certificates of a certificate authority that lives as long as a test."""

from dataclasses import dataclass, field
from pathlib import Path

import trustme


@dataclass(frozen=True)
class ClientFiles:
    """A certificate whose common name is the user that it logs in."""

    common_name: str
    certificate: Path
    key: Path


@dataclass(frozen=True)
class TlsFiles:
    """Where the certificates of one authority are, and the authority itself."""

    directory: Path
    ca: Path
    server_certificate: Path
    server_key: Path
    authority: trustme.CA = field(repr=False)

    @classmethod
    def make(cls, directory: Path) -> "TlsFiles":
        """A new authority with a certificate for a server on this machine."""
        directory.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA()
        server = authority.issue_cert("localhost", "127.0.0.1")
        files = cls(
            directory=directory,
            ca=directory / "ca.pem",
            server_certificate=directory / "server.pem",
            server_key=directory / "server.key",
            authority=authority,
        )
        authority.cert_pem.write_to_path(files.ca)
        _write(server, files.server_certificate, files.server_key)
        return files

    def client(self, common_name: str) -> ClientFiles:
        """A new client certificate; a second one of the same name replaces the first."""
        issued = self.authority.issue_cert(common_name, common_name=common_name)
        files = ClientFiles(
            common_name=common_name,
            certificate=self.directory / f"{common_name}.pem",
            key=self.directory / f"{common_name}.key",
        )
        _write(issued, files.certificate, files.key)
        return files


def _write(issued: trustme.LeafCert, certificate: Path, key: Path) -> None:
    for path in (certificate, key):
        path.unlink(missing_ok=True)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(certificate, append=True)
    issued.private_key_pem.write_to_path(key)
    # The broker in a container is another user.
    key.chmod(0o644)
