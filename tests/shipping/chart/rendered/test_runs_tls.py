"""A relay with the certificates of a rendered manifest, on a broker that takes nothing else."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shipping.chart.rendered.helm import container, pod, render
from tests.shipping.chart.rendered.pod_process import Machine
from tests.world.broker import RabbitNode, TlsFiles, VirtualHost
from tests.world.broker.ports import LOOPBACK, free_ports
from tests.world.load import Producer, Replies, new_orders
from tests.world.load.processes import CONSUMING
from tests.world.standin import Options, StandIn

KEY = "canary-key"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def certificates(tmp_path: Path) -> TlsFiles:
    """A certificate authority of this test."""
    return TlsFiles.make(tmp_path / "tls")


@pytest.fixture
def vhost(certificates: TlsFiles, tmp_path: Path) -> Iterator[VirtualHost]:
    """A virtual host on a node with TLS."""
    with (
        RabbitNode.start(tmp_path / "node", tls=certificates) as node,
        VirtualHost.fresh(node) as host,
    ):
        yield host


@pytest.fixture
async def api() -> AsyncIterator[StandIn]:
    """The stand-in of the order API."""
    async with StandIn(Options(keys=frozenset({KEY}))) as standin:
        yield standin


async def test_a_rendered_relay_uses_its_mounted_certificates(
    vhost: VirtualHost, certificates: TlsFiles, api: StandIn, tmp_path: Path
) -> None:
    """It trusts the mounted CA, shows the mounted client certificate, and relays."""
    (port,) = free_ports(1)
    client = certificates.client(vhost.user)
    values: dict[str, Any] = {
        "config": {
            "api": {"url": api.url},
            "admin": {"host": LOOPBACK, "port": port},
            "log": {"format": "json"},
            "retry": {"delaysSeconds": [1]},
        },
        "secrets": {"inline": {"amqpUrl": vhost.amqps_url, "apiKey": KEY}},
        "tls": {"amqp": {"secretName": "tls", "certKey": "tls.crt", "keyKey": "tls.key"}},
    }
    files = {"ca.crt": certificates.ca, "tls.crt": client.certificate, "tls.key": client.key}
    held = {
        "kind": "Secret",
        "metadata": {"name": "tls"},
        "stringData": {name: path.read_text(encoding="ascii") for name, path in files.items()},
    }
    objects = render(values)
    machine = Machine(objects, tmp_path, [held])
    machine.mount(pod(objects)["spec"])
    with machine.start(container(objects)) as relay:
        await relay.until_logged(f"({CONSUMING})")
        async with Producer.connect(vhost.url) as producer, Replies.collect(vhost.url) as replies:
            await producer.publish_all(new_orders("tls", 10))
            await replies.until(lambda: len(replies) == 10, "all are answered")
        assert await relay.stop() == 0
