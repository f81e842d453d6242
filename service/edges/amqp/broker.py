"""Opening a connection to one of several brokers."""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from pathlib import Path

import aio_pika
import aiormq.exceptions
from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractConnection as UnderlayConnection
from yarl import URL

from service.core.record import record
from service.edges.amqp import tolerant
from service.edges.amqp.bounded import BoundedConnection, DirectConnection
from service.edges.amqp.direct import Direct
from service.edges.amqp.faults import UnusableCertificatesError, fault_of_connect, told
from service.edges.tls import client_context
from service.flow.events.faults import BrokerFault

CONNECT_TIMEOUT_SECONDS = 10.0
CLOSE_TIMEOUT_SECONDS = 5.0
HEARTBEAT_SECONDS = 10


class BrokerUnreachableError(Exception):
    """No broker could be connected to; `fault` is that of the first one, where it is known."""

    def __init__(self, reason: str, fault: BrokerFault | None = None) -> None:
        super().__init__(reason)
        self.fault = fault


@record(frozen=True, slots=True)
class TlsFiles:
    """Certificates in PEM: whom to trust, and who we are; all may be absent."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


class Broker:
    """Where to connect to: URLs that are tried in turn, beginning with the last good one.

    Where it is `bounded`, a message's large body does not come with it; see `bounded`.
    """

    def __init__(
        self,
        urls: Sequence[str],
        tls: TlsFiles | None = None,
        *,
        connect_timeout_seconds: float = CONNECT_TIMEOUT_SECONDS,
        bounded: bool = False,
    ) -> None:
        self._urls = [URL(url) for url in urls]
        self._tls = tls or TlsFiles()
        self._connect_timeout_seconds = connect_timeout_seconds
        self._kind = BoundedConnection if bounded else DirectConnection
        self._first: dict[str, int] = {}
        self._connected: dict[str, tuple[int, AbstractConnection]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def places(self) -> int:
        """How many URLs there are."""
        return len(self._urls)

    def turn(self, name: str) -> None:
        """Have the next connection begin with the URL after that of the last."""
        if name in self._connected:
            self._first[name] = (self._connected[name][0] + 1) % self.places

    def leave(self, name: str) -> None:
        """End all connections to where `name` is connected; the next ones begin elsewhere."""
        place, _ = self._connected[name]
        for other, (where, connection) in self._connected.items():
            if where == place:
                self.turn(other)
                closing = asyncio.create_task(close(connection))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)

    async def connect(self, name: str) -> tuple[AbstractConnection, str]:
        """A new connection, and the broker's address for people.

        Raises BrokerUnreachableError that says for each URL why not, and what to do about it.
        """
        tolerant.install()
        problems, faults = [], []
        # A turn for each name: else connections that fail together skip URLs for each other.
        first = self._first.get(name, 0)
        for place in (*range(first, len(self._urls)), *range(first)):
            url = self._urls[place]
            try:
                connection = await self._open(url, name)
            except Exception as error:  # noqa: BLE001 - whatever one broker does, the next is tried
                faults.append(fault := fault_of_connect(error, tls=url.scheme == "amqps"))
                user = f", user {url.user or 'guest'!r}" if fault is BrokerFault.LOGIN else ""
                problems.append(f"{describe(url)}: {told(error, fault)}{user}")
            else:
                self._first[name] = place
                self._connected[name] = (place, connection)
                return connection, describe(url)
        raise BrokerUnreachableError("; ".join(problems), faults[0])

    async def beside(self, of: str, name: str) -> AbstractConnection:
        """A new connection to where `of` is connected; raises what keeps it from there."""
        return await self._open(self._urls[self._connected[of][0]], name)

    async def _open(self, url: URL, name: str) -> AbstractConnection:
        query = {"heartbeat": str(HEARTBEAT_SECONDS), "name": f"order-relay {name}"}
        if self._tls.cert_file is not None and url.user is None:
            query["auth"] = "external"
        # One bound over all phases: without it a broker that never answers blocks for ever.
        async with asyncio.timeout(self._connect_timeout_seconds):
            return await aio_pika.connect(
                url.with_query({**query, **url.query}),
                ssl_context=self._context() if url.scheme == "amqps" else None,
                connection_class=self._kind,
            )

    def _context(self) -> ssl.SSLContext:
        # Built for each connection, so that renewed certificates are used.
        files = [
            file for file in (self._tls.ca_file, self._tls.cert_file, self._tls.key_file) if file
        ]
        try:
            context = client_context(self._tls.ca_file)
            if self._tls.cert_file is not None:
                context.load_cert_chain(self._tls.cert_file, self._tls.key_file)
        except OSError as error:
            names = ", ".join(map(str, files))
            raise UnusableCertificatesError(f"{error} ({names})") from error
        return context


def underlay(connection: AbstractConnection) -> UnderlayConnection:
    """aiormq's connection, whose `closing` and `ready` follow the wire."""
    if connection.transport is None:
        raise aiormq.exceptions.AMQPConnectionError("the connection is closed")
    return connection.transport.connection


def direct(connection: AbstractConnection) -> Direct:
    """What passes aiormq by on a connection of ours."""
    if not isinstance(connection, DirectConnection):
        raise TypeError(connection)
    return connection.direct


def version_of(connection: AbstractConnection) -> str:
    """RabbitMQ's version there."""
    return str(underlay(connection).server_properties.get("version", "unknown"))


async def close(connection: AbstractConnection) -> None:
    """Close within a bound: with full buffers a polite close takes half a minute."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
            await connection.close()


def describe(url: URL) -> str:
    """Host, port and vhost; never the user's password or the query."""
    port = url.port or (5671 if url.scheme == "amqps" else 5672)
    vhost = url.path[1:].replace("%2F", "/") or "/"
    return f"{url.host}:{port} vhost {vhost}"
