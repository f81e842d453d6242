"""Connecting over TLS: whom we trust, who we are, and certificates that are renewed."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from yarl import URL

from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker, BrokerUnreachableError, TlsFiles
from service.edges.tls import client_context
from service.flow.events.faults import ADVICE, BrokerFault
from service.flow.events.labels import ConnectionName
from tests.world.broker import RabbitNode
from tests.world.broker import TlsFiles as Certificates
from tests.world.broker.vhost import VirtualHost

# Whether the alert arrives before the end of the connection is a race.
HUNG_UP = (BrokerFault.TLS_CLOSED, BrokerFault.CLIENT_CERTIFICATE)


@pytest.fixture
def secure(spare_node: RabbitNode) -> Iterator[VirtualHost]:
    """A virtual host of the node with TLS."""
    with VirtualHost.fresh(spare_node) as vhost:
        yield vhost


async def _connect(url: str, files: TlsFiles) -> None:
    connection, _ = await Broker([url], files, bounded=True).connect(ConnectionName.PUBLISH)
    await brokers.close(connection)


async def _refusal(url: str, files: TlsFiles, *faults: BrokerFault) -> str:
    """Why no connection was made: by one of `faults`, and with what to do about it."""
    with pytest.raises(BrokerUnreachableError) as raised:
        await _connect(url, files)
    text = str(raised.value)
    fault = raised.value.fault
    assert fault in faults, text
    assert f": {ADVICE[fault]} (" in text
    return text


@asynccontextmanager
async def _serving(context: ssl.SSLContext) -> AsyncIterator[str]:
    """The URL of a server with TLS that closes every connection."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        yield f"amqps://user:secret@127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def test_a_broker_of_the_given_authority_is_trusted(
    secure: VirtualHost, certificates: Certificates
) -> None:
    """The user logs in by password, as without TLS."""
    await _connect(secure.amqps_url, TlsFiles(ca_file=certificates.ca))


@pytest.mark.parametrize("authority", ["another", "the system's"])
async def test_a_broker_of_another_authority_is_not(
    secure: VirtualHost, tmp_path: Path, authority: str
) -> None:
    """The reason says that it is about TLS and the certificate."""
    files = TlsFiles(Certificates.make(tmp_path).ca) if authority == "another" else TlsFiles()
    text = await _refusal(secure.amqps_url, files, BrokerFault.CA_UNKNOWN)
    assert secure.password not in text


async def test_a_broker_of_another_name_is_not(certificates: Certificates) -> None:
    """A certificate is for a name."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificates.authority.issue_cert("elsewhere.example").configure_cert(context)
    async with _serving(context) as url:
        text = await _refusal(url, TlsFiles(certificates.ca), BrokerFault.CERTIFICATE_NAME)
    assert "IP address mismatch" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    ("years", "fault"),
    [
        ((2019, 2020), BrokerFault.CERTIFICATE_EXPIRED),
        ((2090, 2091), BrokerFault.CERTIFICATE_EARLY),
    ],
)
async def test_a_certificate_is_for_a_time(
    certificates: Certificates, years: tuple[int, int], fault: BrokerFault
) -> None:
    """Before and after it the broker is not trusted."""
    begin, end = (datetime(year, 1, 1, tzinfo=UTC) for year in years)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issued = certificates.authority.issue_cert("127.0.0.1", not_before=begin, not_after=end)
    issued.configure_cert(context)
    async with _serving(context) as url:
        await _refusal(url, TlsFiles(certificates.ca), fault)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_broker_that_wants_a_client_certificate_is_said(
    certificates: Certificates, version: ssl.TLSVersion
) -> None:
    """Where it only hangs up, that is what it mostly means."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.authority.issue_cert("127.0.0.1").configure_cert(context)
    context.verify_mode, context.maximum_version = ssl.CERT_REQUIRED, version
    context.load_verify_locations(certificates.ca)
    async with _serving(context) as url:
        text = await _refusal(url, TlsFiles(certificates.ca), *HUNG_UP)
    assert "ORDER_RELAY_AMQP__CERT_FILE" in text


async def test_the_session_keys_are_written_nowhere(
    monkeypatch: pytest.MonkeyPatch, certificates: Certificates, tmp_path: Path
) -> None:
    """Whoever hears the network could read the password with them."""
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.authority.issue_cert("127.0.0.1").configure_cert(context)
    async with _serving(context) as url:
        await _refusal(url, TlsFiles(certificates.ca), *HUNG_UP)
    await asyncio.to_thread(client_context)
    assert not (tmp_path / "keys").exists()


async def test_tls_to_a_plain_port_is_said(secure: VirtualHost, certificates: Certificates) -> None:
    """A frequent mix-up of ports."""
    url = str(URL(secure.amqps_url).with_port(secure.node.amqp_port))
    text = await _refusal(url, TlsFiles(certificates.ca), BrokerFault.PLAIN_PORT)
    assert "use amqp://" in text


async def test_plain_amqp_to_a_tls_port_is_said(secure: VirtualHost) -> None:
    """The broker hangs up: it cannot say why to who speaks no TLS."""
    url = str(URL(secure.url).with_port(secure.node.amqps_port))
    text = await _refusal(url, TlsFiles(), BrokerFault.CLOSED)
    assert "amqps://" in text


async def test_files_that_cannot_be_used_are_named(
    secure: VirtualHost, certificates: Certificates, tmp_path: Path
) -> None:
    """One that is missing, and one that holds something else."""
    missing = tmp_path / "missing.pem"
    text = await _refusal(secure.amqps_url, TlsFiles(ca_file=missing), BrokerFault.FILES)
    assert str(missing) in text
    files = TlsFiles(ca_file=certificates.ca, cert_file=certificates.server_key)
    text = await _refusal(secure.amqps_url, files, BrokerFault.FILES)
    assert str(certificates.server_key) in text


async def test_a_certificate_logs_its_user_in(
    secure: VirtualHost, certificates: Certificates
) -> None:
    """Without a user in the URL, by the mechanism EXTERNAL; a renewed one is taken up.

    With one context for all connections: the certificate of the first was shown for ever.
    """
    client = certificates.client("first-user")
    secure.node.add_user("first-user")
    secure.node.add_user("second-user")
    secure.node.set_permissions("first-user", secure.name)
    url = f"amqps://localhost:{secure.node.amqps_port}/{secure.name}"
    broker = Broker([url], TlsFiles(certificates.ca, client.certificate, client.key))
    connection, _ = await broker.connect(ConnectionName.PUBLISH)
    await brokers.close(connection)
    renewed = certificates.client("second-user")
    renewed.certificate.replace(client.certificate)
    renewed.key.replace(client.key)
    with pytest.raises(BrokerUnreachableError, match="refused for user 'second-user'"):
        await broker.connect(ConnectionName.PUBLISH)
    secure.node.set_permissions("second-user", secure.name)
    connection, _ = await broker.connect(ConnectionName.PUBLISH)
    await brokers.close(connection)


async def test_a_client_certificate_that_the_broker_does_not_know_is_said(
    secure: VirtualHost, certificates: Certificates
) -> None:
    """Its name is no user's."""
    client = certificates.client("no-user")
    url = f"amqps://localhost:{secure.node.amqps_port}/{secure.name}"
    files = TlsFiles(certificates.ca, client.certificate, client.key)
    await _refusal(url, files, BrokerFault.CERTIFICATE_LOGIN)


async def test_a_client_certificate_of_another_authority_is_said(
    secure: VirtualHost, certificates: Certificates, tmp_path: Path
) -> None:
    """The broker hangs up."""
    client = Certificates.make(tmp_path).client("stranger")
    files = TlsFiles(certificates.ca, client.certificate, client.key)
    await _refusal(secure.amqps_url, files, *HUNG_UP)


async def test_a_broker_that_takes_no_client_certificates_is_said(
    vhost: VirtualHost, certificates: Certificates
) -> None:
    """It must offer the mechanism EXTERNAL."""
    client = certificates.client("no-user")
    url = str(URL(vhost.url).with_user(None))
    files = TlsFiles(cert_file=client.certificate, key_file=client.key)
    text = await _refusal(url, files, BrokerFault.MECHANISM)
    assert "AMQPLAIN" in text


async def test_a_certificate_and_a_password_are_both_shown(
    secure: VirtualHost, certificates: Certificates
) -> None:
    """The user of the URL logs in; the certificate is only for the connection."""
    client = certificates.client("no-user")
    files = TlsFiles(certificates.ca, client.certificate, client.key)
    await _connect(secure.amqps_url, files)
