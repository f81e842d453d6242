"""What TLS connections of ours trust; shared by the edges."""

import ssl
import sys
from pathlib import Path


def client_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Verifies servers by `ca_file` (PEM), else by the system's authorities; may raise OSError.

    As `ssl.create_default_context`, but SSLKEYLOGFILE is not obeyed: with the session keys whoever
    hears the network could read passwords and the API's key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if ca_file is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(ca_file)
    return context
