"""When a server's certificate ends, as it shows it to whoever connects."""

import asyncio
import ssl
from datetime import UTC, datetime


async def ends_at(host: str, port: int, context: ssl.SSLContext) -> datetime:
    """When the certificate of the server ends, which `context` must accept; may raise OSError."""
    _, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        certificate = writer.get_extra_info("peercert")
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    finally:
        writer.transport.abort()
