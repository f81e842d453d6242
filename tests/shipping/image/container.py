"""Runs of the image as a strict cluster runs it: any user, no capability, nothing writable."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.shipping.image.engine import Engine
from tests.world.relay_process import RelayProcess

STRICT = (
    "--network=host",
    "--read-only",
    "--read-only-tmpfs=false",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    # podman's own limits are higher than these, which needs a right that root may lack.
    "--ulimit=nofile=1024:1024",
    "--ulimit=nproc=4096:4096",
    "--pids-limit=0",
)


@dataclass(frozen=True)
class Container:
    """What runs the image, as whom."""

    engine: Engine
    image: str
    user: str

    @classmethod
    def of_anyone(cls, engine: Engine, image: str) -> "Container":
        """A user id that no image knows, as OpenShift gives one to each namespace."""
        return cls(engine, image, f"{1_000_000_000 + secrets.randbelow(10_000)}:0")

    def command(
        self, *arguments: str, settings: Mapping[str, object] | None = None, entrypoint: str = ""
    ) -> list[str]:
        """The command line of one run; the settings are `API__URL=...` and so on."""
        given = [f"--env=ORDER_RELAY_{key}={value}" for key, value in (settings or {}).items()]
        other = [f"--entrypoint={entrypoint}"] if entrypoint else []
        flags = ["--rm", f"--user={self.user}", *STRICT, *given, *other]
        return self.engine.podman_command("run", *flags, self.image, *arguments)

    def python(self, code: str, *flags: str) -> list[str]:
        """The command line that runs code with the image's Python."""
        return self.command(*flags, "-c", code, entrypoint="/opt/order-relay/bin/python")


@asynccontextmanager
async def running(
    container: Container, settings: Mapping[str, object], *arguments: str
) -> AsyncIterator[RelayProcess]:
    """`order-relay run`, or another command; podman hands on its signals and exit code."""
    name = f"order-relay-{secrets.token_hex(4)}"
    run, *rest = container.command(*arguments, settings=settings)[
        len(container.engine.podman_command()) :
    ]
    command = container.engine.podman_command(run, f"--name={name}", *rest)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    relay = RelayProcess(process)
    try:
        yield relay
    finally:
        # Killing podman alone would leave the container behind.
        await asyncio.to_thread(
            container.engine.podman, "rm", "--force", "--ignore", "--time=0", name
        )
        await process.wait()


async def output(command: list[str], timeout_seconds: float = 120.0) -> tuple[int, str]:
    """Exit code and all output of one run."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(timeout_seconds):
        said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()
