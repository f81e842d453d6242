"""A broker that, as RabbitMQ does from 4.2.6 on, shows a thing only to who has some right on it."""

from collections.abc import Container
from typing import Any, cast

from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelAccessRefused


class _Underlay:
    def __init__(self, channel: Any, hidden: Container[str]) -> None:
        self._channel = channel
        self._hidden = hidden

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    async def queue_declare(self, name: str, **named: Any) -> Any:
        """Refused for a hidden queue."""
        self._look("queue", name)
        return await self._channel.queue_declare(name, **named)

    async def exchange_declare(self, name: str, **named: Any) -> Any:
        """Refused for a hidden exchange."""
        self._look("exchange", name)
        return await self._channel.exchange_declare(name, **named)

    def _look(self, kind: str, name: str) -> None:
        if f"{kind} {name}" in self._hidden:
            raise ChannelAccessRefused(
                f"ACCESS_REFUSED - access to {kind} '{name}' in vhost 'v' refused for user 'me'"
            )


class _Channel:
    def __init__(self, channel: Any, hidden: Container[str]) -> None:
        self._channel = channel
        self._hidden = hidden

    async def initialize(self) -> None:
        await self._channel.initialize()

    async def get_underlay_channel(self) -> _Underlay:
        return _Underlay(await self._channel.get_underlay_channel(), self._hidden)


class _Connection:
    def __init__(self, connection: AbstractConnection, hidden: Container[str]) -> None:
        self.transport = connection.transport
        self._connection = connection
        self._hidden = hidden

    def channel(self, **named: Any) -> _Channel:
        return _Channel(self._connection.channel(**named), self._hidden)


def hiding(connection: AbstractConnection, hidden: Container[str]) -> AbstractConnection:
    """The connection without the right to see `hidden`, named as in `queue orders.parked`."""
    return cast("AbstractConnection", _Connection(connection, hidden))
