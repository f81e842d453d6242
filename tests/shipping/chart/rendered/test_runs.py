"""What helm renders runs: against a real broker and the stand-in API, as its manifests say."""

import asyncio
import copy
import secrets
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.core.topology import build_topology, build_whole_topology
from tests.edges.amqp.crash import declared
from tests.shipping.chart.rendered.helm import Object, container, named, pod, render
from tests.shipping.chart.rendered.pod_process import Machine
from tests.world.broker import RabbitNode, TlsFiles, VirtualHost
from tests.world.broker.ports import LOOPBACK, free_ports
from tests.world.load import Producer, Replies, new_orders
from tests.world.load.processes import CONSUMING, Process
from tests.world.standin import AllCalls, Options, StandIn
from tests.world.standin.faults import Delay

KEY, ROTATED = "canary-first-key", "canary-second-key"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
async def api() -> AsyncIterator[StandIn]:
    """The stand-in of the order API."""
    async with StandIn(Options(keys=frozenset({KEY}))) as standin:
        yield standin


@pytest.fixture
def config(api: StandIn) -> dict[str, Any]:
    """Settings for a relay on this machine."""
    (port,) = free_ports(1)
    return {
        "api": {"url": api.url},
        "admin": {"host": LOOPBACK, "port": port},
        "log": {"format": "json"},
        "retry": {"delaysSeconds": [1, 2]},
    }


def _secret(name: str, url: str, key: str = KEY) -> Object:
    data = {"amqp__url": url, "api__key": key}
    return {"kind": "Secret", "metadata": {"name": name}, "stringData": data}


async def _consuming(relay: Process) -> None:
    await relay.until_logged(f"({CONSUMING})")


async def _ends_well(process: Process, objects: list[Object]) -> None:
    """After SIGTERM with 0, in the time that the manifest gives it."""
    seconds = pod(objects)["spec"]["terminationGracePeriodSeconds"]
    async with asyncio.timeout(seconds):
        assert await process.stop() == 0


async def test_a_rendered_relay_relays_takes_a_new_key_and_drains(
    vhost: VirtualHost, api: StandIn, config: dict[str, Any], tmp_path: Path
) -> None:
    """Orders flow, a rotated secret takes hold in the running process, SIGTERM loses nothing."""
    inline = {"amqpUrl": vhost.url, "apiKey": KEY}
    objects = render(config=config, secrets={"inline": inline})
    machine, spec = Machine(objects, tmp_path, ()), pod(objects)["spec"]
    machine.mount(spec)
    with machine.start(container(objects)) as relay:
        await _consuming(relay)
        async with Producer.connect(vhost.url) as producer, Replies.collect(vhost.url) as replies:
            await producer.publish_all(new_orders("before", 20))
            await replies.until(lambda: len(replies) == 20, "the first orders are answered")

            rotated = copy.deepcopy(named(objects, "Secret"))
            rotated["stringData"]["api__key"] = ROTATED
            machine.rotate(spec, rotated)
            api.accept_keys(ROTATED)
            await producer.publish_all(new_orders("after", 20))
            await replies.until(lambda: len(replies) == 40, "orders with the new key are answered")

            api.faults.add(Delay(seconds=1), AllCalls(), times=None)
            await producer.publish_all(new_orders("last", 5))
            await api.in_flight(5, timeout=60)
            await _ends_well(relay, objects)
            await replies.until(lambda: len(replies) == 45, "what was in flight is answered")
        assert {reply.status for reply in replies.by_id.values()} == {"accepted"}
        assert len({reply.order for reply in replies.by_id.values()}) == 45
        assert "canary" not in relay.log.read_text(encoding="utf-8")
    assert vhost.queues()["orders.requests"].messages == 0


@pytest.fixture
def login(vhost: VirtualHost) -> Iterator[str]:
    """The name of a second user without rights, whose password is its name."""
    name = f"relay-{secrets.token_hex(4)}"
    vhost.node.add_user(name, name)
    vhost.node.set_permissions(name, vhost.name, configure="", write="", read="")
    try:
        yield name
    finally:
        vhost.node.delete_user(name)


async def test_a_rendered_relay_needs_no_more_than_the_rendered_rights(
    vhost: VirtualHost, config: dict[str, Any], login: str, tmp_path: Path
) -> None:
    """Where the operator owns the topology: its Permission suffices for orders to flow."""
    user = {"create": True, "credentialsSecret": "login"}
    operator = {"enabled": True, "cluster": {"name": "rabbitmq"}, "user": user}
    values = {"config": config, "topology": {"operator": operator}}
    objects = render(**values)
    await declared(vhost.url, build_topology("orders", (1, 2)))
    rights = named(objects, "Permission")["spec"]["permissions"]
    vhost.node.set_permissions(login, vhost.name, **rights)
    url = vhost.node.amqp_url(login, login, vhost.name)
    machine = Machine(objects, tmp_path, [_secret("s", url)])
    machine.mount(pod(objects)["spec"])
    with machine.start(container(objects)) as relay:
        await _consuming(relay)
        async with Producer.connect(vhost.url) as producer, Replies.collect(vhost.url) as replies:
            await producer.publish_all(new_orders("least", 20))
            await replies.until(lambda: len(replies) == 20, "all are answered")
        await _ends_well(relay, objects)


async def test_the_job_declares_and_the_test_of_the_release_passes(
    vhost: VirtualHost, config: dict[str, Any], tmp_path: Path
) -> None:
    """The job before the relay, and `helm test` while it runs and only then."""
    job = {"enabled": True, "existingSecret": "admin"}
    values = {"config": config, "secrets": {"existingSecret": "s"}}
    objects = render(**values, topology={"job": job})
    held = [_secret("admin", vhost.url), _secret("s", vhost.url)]
    assert vhost.queues() == {}
    tool = Machine(objects, tmp_path / "job", held)
    spec = named(objects, "Job")["spec"]["template"]["spec"]
    tool.mount(spec)
    with tool.start(spec["containers"][0]) as declaring:
        assert await declaring.ended() == 0
    wanted = {queue.name for queue in build_whole_topology("orders", (1, 2)).queues}
    assert set(vhost.queues()) == wanted

    machine = Machine(objects, tmp_path / "relay", held)
    machine.mount(pod(objects)["spec"])
    health, topology = named(render(**values), "Pod")["spec"]["containers"]
    page = f"http://{LOOPBACK}:{config['admin']['port']}"
    with machine.start(container(objects)) as relay:
        await _consuming(relay)
        script = machine.script(health, page)
        good = await asyncio.to_thread(_run, script)
        assert (good.returncode, good.stdout.count('"status": "ok"')) == (0, 2), good.stderr
        with machine.start(topology) as comparing:
            assert await comparing.ended() == 0
        relay.send_signal(signal.SIGTERM)
        assert await relay.ended() == 0
    assert (await asyncio.to_thread(_run, script)).returncode != 0


@pytest.fixture
def certificates(tmp_path: Path) -> TlsFiles:
    """A certificate authority of this test."""
    return TlsFiles.make(tmp_path / "tls")


@pytest.fixture
def tls_vhost(certificates: TlsFiles, tmp_path: Path) -> Iterator[VirtualHost]:
    """A virtual host on a node with TLS."""
    with (
        RabbitNode.start(tmp_path / "node", tls=certificates) as node,
        VirtualHost.fresh(node) as host,
    ):
        yield host


async def test_a_rendered_relay_uses_its_mounted_certificates(
    tls_vhost: VirtualHost, certificates: TlsFiles, config: dict[str, Any], tmp_path: Path
) -> None:
    """It trusts the mounted CA, shows the mounted client certificate, and relays."""
    client = certificates.client(tls_vhost.user)
    values: dict[str, Any] = {
        "config": config,
        "secrets": {"inline": {"amqpUrl": tls_vhost.amqps_url, "apiKey": KEY}},
        "tls": {"amqp": {"secretName": "tls", "certKey": "tls.crt", "keyKey": "tls.key"}},
    }
    files = {"ca.crt": certificates.ca, "tls.crt": client.certificate, "tls.key": client.key}
    held = {
        "kind": "Secret",
        "metadata": {"name": "tls"},
        "stringData": {name: path.read_text(encoding="ascii") for name, path in files.items()},
    }
    objects = render(**values)
    machine = Machine(objects, tmp_path, [held])
    machine.mount(pod(objects)["spec"])
    with machine.start(container(objects)) as relay:
        await _consuming(relay)
        async with (
            Producer.connect(tls_vhost.url) as producer,
            Replies.collect(tls_vhost.url) as replies,
        ):
            await producer.publish_all(new_orders("tls", 10))
            await replies.until(lambda: len(replies) == 10, "all are answered")
        assert await relay.stop() == 0


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
