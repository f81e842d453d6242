"""Connecting over TLS: whom we trust, who we are, and certificates that are renewed."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from yarl import URL

from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker, BrokerUnreachableError, TlsFiles
from service.flow.events.labels import ConnectionName
from tests.world.broker import RabbitNode
from tests.world.broker import TlsFiles as Certificates
from tests.world.broker.vhost import VirtualHost


@pytest.fixture
def secure(spare_node: RabbitNode) -> Iterator[VirtualHost]:
    """A virtual host of the node with TLS."""
    with VirtualHost.fresh(spare_node) as vhost:
        yield vhost


async def _connect(url: str, files: TlsFiles) -> None:
    connection, _ = await Broker([url], files).connect(ConnectionName.PUBLISH)
    await brokers.close(connection)


async def _refusal(url: str, files: TlsFiles) -> str:
    with pytest.raises(BrokerUnreachableError) as raised:
        await _connect(url, files)
    return str(raised.value)


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
    text = await _refusal(secure.amqps_url, files)
    assert ": TLS: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed" in text
    assert secure.password not in text


async def test_a_broker_of_another_name_is_not(certificates: Certificates) -> None:
    """A certificate is for a name."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificates.authority.issue_cert("elsewhere.example").configure_cert(context)
    server = await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0, ssl=context)
    async with server:
        url = f"amqps://user:secret@127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        text = await _refusal(url, TlsFiles(ca_file=certificates.ca))
    assert ": TLS: [SSL: CERTIFICATE_VERIFY_FAILED]" in text
    assert "IP address mismatch" in text
    assert "secret" not in text


async def test_tls_to_a_plain_port_is_said(secure: VirtualHost, certificates: Certificates) -> None:
    """A frequent mix-up of ports."""
    url = str(URL(secure.amqps_url).with_port(secure.node.amqp_port))
    assert ": TLS: [SSL" in await _refusal(url, TlsFiles(ca_file=certificates.ca))


async def test_files_that_cannot_be_used_are_named(
    secure: VirtualHost, certificates: Certificates, tmp_path: Path
) -> None:
    """One that is missing, and one that holds something else."""
    missing = tmp_path / "missing.pem"
    assert str(missing) in await _refusal(secure.amqps_url, TlsFiles(ca_file=missing))
    files = TlsFiles(ca_file=certificates.ca, cert_file=certificates.server_key)
    text = await _refusal(secure.amqps_url, files)
    assert ": TLS: " in text
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
    text = await _refusal(url, TlsFiles(certificates.ca, client.certificate, client.key))
    assert text.endswith(": the client certificate's name is no user of the broker")


async def test_a_broker_that_takes_no_client_certificates_is_said(
    vhost: VirtualHost, certificates: Certificates
) -> None:
    """It must offer the mechanism EXTERNAL."""
    client = certificates.client("no-user")
    url = str(URL(vhost.url).with_user(None))
    text = await _refusal(url, TlsFiles(cert_file=client.certificate, key_file=client.key))
    assert "the broker offers only the login mechanisms '" in text


async def test_a_certificate_and_a_password_are_both_shown(
    secure: VirtualHost, certificates: Certificates
) -> None:
    """The user of the URL logs in; the certificate is only for the connection."""
    client = certificates.client("no-user")
    files = TlsFiles(certificates.ca, client.certificate, client.key)
    await _connect(secure.amqps_url, files)
