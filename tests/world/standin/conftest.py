"""A running stand-in and a client of it."""

import ssl
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.world.standin import StandIn


@pytest.fixture
async def api() -> AsyncIterator[StandIn]:
    """A stand-in with every default."""
    async with StandIn() as api:
        yield api


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """A client that ignores the environment's proxies and gives up after 5 s."""
    # Reading the machine's certificates takes longer than most of these tests.
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with httpx2.AsyncClient(verify=nobody, trust_env=False, timeout=5) as client:
        yield client
