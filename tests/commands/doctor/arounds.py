"""What is done around a set-up: the context of each gives more settings."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import chain, repeat
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

from tests.commands.doctor.fronts import answering, forwarding, managing, serving, silent, web_page
from tests.commands.doctor.stand import Around, Stand
from tests.world.broker.node import wait_until

CALM_SECONDS = 30.0


def url(change: Callable[[str], str]) -> Around:
    """Another URL than the good one."""

    @asynccontextmanager
    async def around(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
        yield {"AMQP__URL": change(stand.vhost.url)}

    return around


def rights(least: Mapping[str, str], **changed: str) -> Around:
    """The user may do this and no more."""

    @asynccontextmanager
    async def around(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
        stand.vhost.set_permissions(**dict(least) | changed)
        try:
            yield {}
        finally:
            stand.vhost.set_permissions()

    return around


def tls(
    name: str = "127.0.0.1", *, scheme: str = "amqps", ca: bool = True, **server: Any
) -> Around:
    """The broker behind TLS."""

    @asynccontextmanager
    async def around(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
        context = stand.authority.server(name, **server)
        async with serving(forwarding(stand.vhost.node.amqp_port), context) as port:
            at = stand.vhost.url.replace(str(stand.vhost.node.amqp_port), str(port))
            trusted = {"AMQP__CA_FILE": str(stand.authority.file)} if ca else {}
            yield {"AMQP__URL": at.replace("amqp:", f"{scheme}:"), **trusted}

    return around


@asynccontextmanager
async def web_server(_: Stand) -> AsyncIterator[Mapping[str, str]]:
    """No broker at all."""
    async with serving(web_page) as port:
        yield {"AMQP__URL": f"amqp://127.0.0.1:{port}/"}


@asynccontextmanager
async def nothing_is_said(_: Stand) -> AsyncIterator[Mapping[str, str]]:
    """It takes the connection."""
    async with serving(silent) as port:
        yield {"AMQP__URL": f"amqp://127.0.0.1:{port}/"}


@asynccontextmanager
async def silent_after_login(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
    """It takes the login, too."""
    there = stand.vhost.node.amqp_port
    async with serving(forwarding(there, silent_after_login=True)) as port:
        yield {"AMQP__URL": stand.vhost.url.replace(str(there), str(port))}


@asynccontextmanager
async def late_login(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
    """It says nothing to who connects first."""
    there = stand.vhost.node.amqp_port
    turns = chain([silent], repeat(forwarding(there)))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await next(turns)(reader, writer)

    async with serving(serve) as port:
        yield {"AMQP__URL": stand.vhost.url.replace(str(there), str(port))}


@asynccontextmanager
async def no_certificate(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
    """The file of the authority has a key, or nothing, or a letter in it."""
    file = stand.folder / "no-certificate.pem"
    file.write_text("dear broker")
    yield {
        "AMQP__URL": stand.vhost.url.replace("amqp:", "amqps:"),
        "AMQP__CA_FILE": str(file),
    }


@asynccontextmanager
async def no_connections(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
    """The virtual host takes none."""
    api, limits = stand.vhost.node.api, ("vhost-limits", stand.vhost.name, "max-connections")
    await asyncio.to_thread(api.put, *limits, body={"value": 0})
    try:
        yield {}
    finally:
        await asyncio.to_thread(api.delete, *limits)


@asynccontextmanager
async def memory_alarm(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
    """A real one."""
    await asyncio.to_thread(stand.vhost.node.set_memory_alarm, on=True)
    try:
        yield {}
    finally:
        await asyncio.to_thread(stand.vhost.node.set_memory_alarm, on=False)
        await asyncio.to_thread(wait_until, lambda: _calm(stand), "the alarm is over", CALM_SECONDS)


def _calm(stand: Stand) -> bool:
    # The management API tells of it a little later, and the node is another test's next.
    return not any(row["mem_alarm"] for row in stand.vhost.node.api.get("nodes"))


def unbound(queue: str, exchange: str, key: str) -> Around:
    """A binding is taken away."""

    @asynccontextmanager
    async def around(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
        async with stand.vhost.channel() as channel:
            source = await channel.get_queue(queue, ensure=False)
            await source.unbind(exchange, key)
            try:
                yield {}
            finally:
                await source.bind(exchange, key)

    return around


def policy(pattern: str, to: str = "queues", **definition: object) -> Around:
    """Somebody keeps the queues tidy, or other things."""
    definition = {name.replace("_", "-"): value for name, value in definition.items()}

    @asynccontextmanager
    async def around(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
        api, place = stand.vhost.node.api, ("policies", stand.vhost.name, "tidy")
        body = {"pattern": pattern, "definition": definition, "apply-to": to}
        await asyncio.to_thread(api.put, *place, body=body)
        try:
            yield {}
        finally:
            await asyncio.to_thread(api.delete, *place)

    return around


@asynccontextmanager
async def stranger(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
    """Something takes orders, and says nothing."""

    async def keep(_: AbstractIncomingMessage) -> None:
        """It never acks."""

    async with stand.vhost.channel() as channel:
        await (await channel.get_queue("orders.requests", ensure=False)).consume(keep)
        yield {}


def managed(path: str, change: Callable[[Any], Any]) -> Around:
    """The management API says something else at one path."""

    @asynccontextmanager
    async def around(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
        async with serving(managing(stand.vhost.node, path, change)) as port:
            yield {"MANAGEMENT__URL": f"http://guest:guest@127.0.0.1:{port}"}

    return around


@asynccontextmanager
async def another_server(_: Stand) -> AsyncIterator[Mapping[str, str]]:
    """JSON, but not RabbitMQ's."""
    async with serving(answering("200 OK", b'{"hello": "world"}')) as port:
        yield {"MANAGEMENT__URL": f"http://guest:guest@127.0.0.1:{port}"}
