"""The tutorial's orders end as it says, typed at a sandbox on the tests' broker."""

import asyncio
import shlex
import sys
from pathlib import Path

from tests.shipping.docs.tutorial.blocks import PROGRAM, READY, read, wrong
from tests.world.broker import VirtualHost
from tests.world.relay_process import RelayProcess

URL = "amqp://guest:guest@localhost:5672/"
RUN = "import sys; sys.argv[1:] = {arguments!r}; from service.__main__ import main; main()"


async def test_its_orders_end_as_it_says(vhost: VirtualHost, tmp_path: Path) -> None:
    """All of them, in a shell, with only the program's place and the broker's URL changed."""
    tutorial = read()
    url, sandbox = tutorial.sandbox.splitlines()
    assert url.endswith(f"={URL}")
    arguments = sandbox.removeprefix(f"{PROGRAM} ").split()
    code = RUN.format(arguments=arguments)
    async with RelayProcess.start({"AMQP__URL": vhost.url, "LOG__FORMAT": "json"}, code=code) as it:
        await it.event(READY)
        ends = await asyncio.gather(*(_typed(one, vhost.url, tmp_path) for one in tutorial.orders))
    assert wrong(ends) == []


def test_what_is_not_as_it_says_is_found() -> None:
    """Another exit code, another status, another order's reply, nothing at all."""
    good = '{"message_id": "a"}\n{"request_id": "a", "status": "accepted", "attempts": 1}\n'
    others = [(1, ""), (0, good), (2, '{"message_id": "a"}\n{"request_id": "b"}\n')]
    assert [line[:7] for line in wrong([(0, good), *others])] == ["order 2", "order 3", "order 4"]


async def _typed(order: str, url: str, folder: Path) -> tuple[int, str]:
    program = f"{shlex.quote(sys.executable)} -m service"
    process = await asyncio.create_subprocess_shell(
        order.replace(PROGRAM, program).replace(URL, url),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
