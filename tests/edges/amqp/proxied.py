"""The broker by way of the fault proxy."""

from yarl import URL

from tests.world.faults import Proxy


def through(proxy: Proxy, url: str, **query: str) -> str:
    """The same URL with the proxy's port, and more in its query."""
    target = URL(url).with_port(proxy.port)
    return str(target.update_query(query) if query else target)
