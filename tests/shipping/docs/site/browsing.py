"""A Chromium without a window, asked over its DevTools protocol."""

import asyncio
import base64
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from tests.shipping.pictures.browser import check, find

SECONDS = 60.0
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # What would leave this machine is seen as a request, and gets no further.
    *("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-port=0"),
)


@dataclass
class Tab:
    """One page of the browser; every request that it makes is kept."""

    socket: aiohttp.ClientWebSocketResponse
    requests: list[str] = field(default_factory=list)
    _events: list[str] = field(default_factory=list)
    _last: int = 0

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Carry out a command; its result."""
        self._last += 1
        await self.socket.send_json({"id": self._last, "method": method, "params": parameters})
        while True:
            said = await self._hear()
            if said.get("id") == self._last:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']}")
                return dict(said["result"])

    async def open(self, url: str) -> None:
        """Go to a page, until all of it is there."""
        self._events.clear()
        await self.ask("Page.navigate", url=url)
        while "Page.loadEventFired" not in self._events:
            await self._hear()

    async def value(self, script: str) -> Any:
        """What a script says."""
        said = await self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        return said["result"].get("value")

    async def look(self, width: int, height: int, scheme: str) -> None:
        """A screen of this size in CSS pixels, and a `light` or `dark` taste."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        preference = {"name": "prefers-color-scheme", "value": scheme}
        await self.ask("Emulation.setEmulatedMedia", features=[preference])

    async def picture(self) -> bytes:
        """What is on the screen, as PNG."""
        return base64.b64decode((await self.ask("Page.captureScreenshot", format="png"))["data"])

    async def _hear(self) -> dict[str, Any]:
        async with asyncio.timeout(SECONDS):
            said: dict[str, Any] = await self.socket.receive_json()
        match said.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(said["params"]["request"]["url"])
            case str(method):
                self._events.append(method)
            case _:
                pass
        return said


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Tab]:
    """One tab; ToolsMissingError where there is no Chromium."""
    check("chromium")
    with TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            *(str(find("chromium")), *_FLAGS, f"--user-data-dir={folder}", "about:blank"),
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(SECONDS):
                address = await _address(process)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://{address}/json/list") as answer:
                    (target,) = [t for t in await answer.json() if t["type"] == "page"]
                async with session.ws_connect(
                    target["webSocketDebuggerUrl"], max_msg_size=0
                ) as socket:
                    tab = Tab(socket)
                    for domain in ("Page", "Network", "Runtime"):
                        await tab.ask(f"{domain}.enable")
                    yield tab
        finally:
            process.kill()
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        if found := re.search(rb"ws://([^/]+)/", line):
            return found[1].decode()
    raise RuntimeError("chromium ended before it listened")
