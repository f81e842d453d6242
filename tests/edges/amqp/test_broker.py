"""Connecting: to the first broker that lets us in, or saying why none does."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest
from aio_pika.abc import AbstractConnection
from yarl import URL

from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker, BrokerUnreachableError, describe
from service.flow.events.faults import ADVICE, BrokerFault
from service.flow.events.labels import ConnectionName
from tests.edges.amqp.proxied import through
from tests.world.broker.ports import free_ports
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Proxy

PUBLISH = ConnectionName.PUBLISH


async def _refusal(
    vhost: VirtualHost, fault: BrokerFault, *urls: str, timeout_seconds: float = 10.0
) -> str:
    """Why no connection was made: by `fault`, with what to do, and never with the password."""
    broker = Broker(urls, connect_timeout_seconds=timeout_seconds)
    with pytest.raises(BrokerUnreachableError) as raised:
        await broker.connect(PUBLISH)
    text = str(raised.value)
    assert raised.value.fault is fault
    assert f": {ADVICE[fault]} (" in text
    assert vhost.password not in text
    return text


async def _connected_to(broker: Broker) -> str:
    connection, address = await broker.connect(PUBLISH)
    await brokers.close(connection)
    return address


async def test_the_connection_says_where_it_goes_and_who_it_is(vhost: VirtualHost) -> None:
    """For people: in the log, and in the broker's list of connections."""
    connection, address = await Broker([vhost.url]).connect(PUBLISH)
    try:
        assert address == f"127.0.0.1:{vhost.node.amqp_port} vhost {vhost.name}"
        assert brokers.underlay(connection).connection_tune.heartbeat == 10
    finally:
        await brokers.close(connection)


async def test_several_brokers_are_tried_in_turn_from_the_last_good_one_on(
    vhost: VirtualHost, proxy: Proxy
) -> None:
    """A dead one costs one try, not one at each connection."""
    async with Proxy("127.0.0.1", vhost.node.amqp_port) as second:
        broker = Broker([through(proxy, vhost.url), through(second, vhost.url)])
        await proxy.refuse()
        assert f":{second.port}" in await _connected_to(broker)
        await proxy.refuse(on=False)
        assert f":{second.port}" in await _connected_to(broker)
        await second.refuse()
        assert f":{proxy.port}" in await _connected_to(broker)
        assert (proxy.accepted, second.accepted) == (1, 2)


async def test_connections_that_fail_together_skip_no_broker_for_each_other(
    vhost: VirtualHost,
) -> None:
    """Each has a turn of its own: with a common one, both tried the dead broker twice."""
    dead = str(URL(vhost.url).with_port(free_ports(1)[0]))
    broker = Broker([dead, vhost.url])
    made = await asyncio.gather(*(broker.connect(name) for name in ("consume", "publish", "peers")))
    for connection, _ in made:
        await brokers.close(connection)
    good = f"127.0.0.1:{vhost.node.amqp_port} vhost {vhost.name}"
    assert [address for _, address in made] == [good] * 3


async def test_a_broker_that_is_left_is_left_by_all(vhost: VirtualHost, proxy: Proxy) -> None:
    """By those who are connected to it, and to no other; each then begins with the next one."""
    first = through(proxy, vhost.url)
    broker = Broker([first, vhost.url])
    broker.turn("peers")
    made = {name: await broker.connect(name) for name in ("consume", "publish", "peers")}
    await brokers.close(made["peers"][0])
    broker.turn("peers")
    made["peers"] = await broker.connect("peers")
    left = [brokers.underlay(made[name][0]).closing for name in ("consume", "publish")]
    broker.leave("publish")
    await asyncio.wait_for(asyncio.wait(left), 10)
    assert not brokers.underlay(made["peers"][0]).closing.done()
    for name in ("consume", "publish", "peers"):
        connection, address = await broker.connect(name)
        await brokers.close(connection)
        assert f":{vhost.node.amqp_port} " in address
    await brokers.close(made["peers"][0])


async def test_where_all_are_dead_each_is_named(vhost: VirtualHost) -> None:
    """With its own reason, in the order in which they were tried."""
    ports = free_ports(2)
    urls = [str(URL(vhost.url).with_port(port)) for port in ports]
    text = await _refusal(vhost, BrokerFault.REFUSED, *urls)
    assert text == "; ".join(
        f"127.0.0.1:{port} vhost {vhost.name}: {ADVICE[BrokerFault.REFUSED]} "
        f"(111 Connect call failed ('127.0.0.1', {port}))"
        for port in ports
    )


@pytest.mark.parametrize(
    ("change", "fault", "words"),
    [
        (lambda url: url.with_password("wrong"), BrokerFault.LOGIN, ", user '{user}'"),
        # The broker does not tell it from a wrong password, and neither can we.
        (lambda url: url.with_user("nobody"), BrokerFault.LOGIN, ", user 'nobody'"),
        (
            lambda url: url.with_path("/nowhere"),
            BrokerFault.VHOST_MISSING,
            "(530 NOT_ALLOWED - vhost nowhere not found)",
        ),
    ],
    ids=["password", "user", "vhost"],
)
async def test_wrong_urls(
    vhost: VirtualHost, change: Callable[[URL], URL], fault: BrokerFault, words: str
) -> None:
    """With the user's name, or with the broker's words behind ours."""
    text = await _refusal(vhost, fault, str(change(URL(vhost.url))))
    assert text.endswith(words.format(user=vhost.user))


async def test_a_vhost_without_access_is_said(vhost: VirtualHost) -> None:
    """With the broker's words behind ours."""
    vhost.node.clear_permissions(vhost.user, vhost.name)
    text = await _refusal(vhost, BrokerFault.VHOST_FORBIDDEN, vhost.url)
    assert f"access to vhost '{vhost.name}' refused for user '{vhost.user}'" in text


async def test_a_host_that_does_not_exist_is_said(vhost: VirtualHost) -> None:
    """Its name could not be resolved."""
    broker = Broker([str(URL(vhost.url).with_host("no-such-host.invalid"))])
    with pytest.raises(BrokerUnreachableError, match=r"no-such-host\.invalid") as raised:
        await broker.connect(PUBLISH)
    # Without a name server even this one may exist.
    assert raised.value.fault in (BrokerFault.HOST_UNKNOWN, BrokerFault.DNS_AWAY)


async def test_a_black_hole_is_given_up(vhost: VirtualHost, proxy: Proxy) -> None:
    """The library alone would wait for ever; the next URL has its turn."""
    proxy.stall()
    hole = through(proxy, vhost.url)
    await _refusal(vhost, BrokerFault.SILENT, hole, timeout_seconds=0.2)
    broker = Broker([hole, vhost.url], connect_timeout_seconds=2)
    assert f":{vhost.node.amqp_port}" in await _connected_to(broker)


async def test_a_server_that_is_no_broker_is_said(vhost: VirtualHost) -> None:
    """Say, the management page, which waits for a request that it understands."""
    port = URL(vhost.node.management_url).port
    assert port is not None
    url = str(URL(vhost.url).with_port(port))
    text = await _refusal(vhost, BrokerFault.SILENT, url, timeout_seconds=0.5)
    assert text.startswith(f"127.0.0.1:{port} vhost {vhost.name}: no answer in time")


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", BrokerFault.NOT_AMQP),
        (b"SSH-2.0-OpenSSH_9.2\r\n", BrokerFault.NOT_AMQP),
        (b"AMQP\x00\x01\x00\x00", BrokerFault.NOT_AMQP),
        (b"", BrokerFault.CLOSED),
    ],
    ids=["HTTP", "SSH", "AMQP 1.0", "nothing"],
)
async def test_a_server_that_answers_something_else_is_said(
    vhost: VirtualHost, answer: bytes, fault: BrokerFault
) -> None:
    """Whatever it is, the port is the wrong one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(answer)
        if answer:
            # It may wait for more, and the time would be over without a word about what it is.
            await writer.drain()
            await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await _refusal(vhost, fault, str(URL(vhost.url).with_port(port)))


async def test_a_connection_is_closed_within_a_bound(vhost: VirtualHost, proxy: Proxy) -> None:
    """Polite towards a broker that answers, and no slave of one that does not."""
    connection, _ = await Broker([through(proxy, vhost.url)]).connect(PUBLISH)
    proxy.stall()
    async with asyncio.timeout(8):
        await brokers.close(connection)
    with pytest.raises(ConnectionError, match="closed"):
        brokers.underlay(connection)


class NeverClosing:
    """A connection whose polite close waits for buffers that nobody empties."""

    async def close(self) -> None:
        """Never."""
        await asyncio.Event().wait()


async def test_a_close_that_does_not_end_is_given_up() -> None:
    """After five seconds the end of the process does not wait for it any more."""
    async with asyncio.timeout(60):
        await brokers.close(cast("AbstractConnection", NeverClosing()))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("amqp://user:secret@rabbit/", "rabbit:5672 vhost /"),
        ("amqp://user:secret@rabbit:5673", "rabbit:5673 vhost /"),
        ("amqps://user:secret@rabbit/shop?heartbeat=1", "rabbit:5671 vhost shop"),
        ("amqp://user:secret@rabbit/%2F", "rabbit:5672 vhost /"),
        ("amqp://user:secret@rabbit/a%2Fb", "rabbit:5672 vhost a/b"),
        ("amqp://user:secret@[::1]/", "::1:5672 vhost /"),
    ],
)
def test_a_url_is_described_without_its_secrets(url: str, words: str) -> None:
    """Host, port and vhost."""
    assert describe(URL(url)) == words
