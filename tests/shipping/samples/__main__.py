"""Runs the samples whose programs are there against a sandbox, and says so of the others.

Words of the command line choose those with such a word in their name.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.shipping.samples.samples import FOLDER, SAMPLES, Sample, outbox, said, written
from tests.world.commands import broker_node, carried_out, say
from tests.world.relay_process import RelayProcess

PREPARE_SECONDS = 900
RUN_SECONDS = 300
SANDBOX = """
import sys
sys.argv = ["order-relay", "sandbox"]
from service.__main__ import main
main()
"""


class SampleError(Exception):
    """A sample did not do what it must."""


def work() -> int:
    """The exit code: 1 where a sample failed."""
    with broker_node("samples") as (node, folder):
        return asyncio.run(_all(node.amqp_url(), folder))


async def _all(url: str, folder: Path) -> int:
    failed = 0
    async with RelayProcess.start({"AMQP__URL": url, "LOG__FORMAT": "json"}, code=SANDBOX) as relay:
        await relay.event("consuming")
        wanted = sys.argv[1:] or [""]
        for sample in (each for each in SAMPLES if any(name in each.file for name in wanted)):
            if sample.missing:
                say(f"{sample.file}: not run, there is no {', '.join(sample.missing)}")
                continue
            try:
                await asyncio.to_thread(_try, sample, url, folder / sample.file.replace("/", "-"))
            except (SampleError, subprocess.SubprocessError) as error:
                failed += 1
                say(f"{sample.file}: WRONG: {error}")
            else:
                say(f"{sample.file}: ok, all four statuses, and no second order for a repeat")
    return 1 if failed else 0


def _try(sample: Sample, url: str, folder: Path) -> None:
    """An order for each status; then the accepted one again, which must be the same order."""
    top = sample.file.partition("/")[0]
    source = FOLDER / top
    if source.is_dir():
        shutil.copytree(source, folder)
    else:
        folder.mkdir()
        shutil.copy(source, folder)
    environment = os.environ | {
        "AMQP_URL": url,
        "ORDER_RELAY_AMQP__URL": url,
        "NAMESPACE": "sandbox",
        "PYTHONPATH": str(folder / "packages"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    if sample.prepare:
        _run(sample.prepare, folder, environment, PREPARE_SECONDS)
    orders = outbox()
    first = _statuses(sample, list(orders.values()), folder, environment)
    for status, order in orders.items():
        if not first.get(order["id"], "").startswith(status):
            raise SampleError(f"{status} was told as {first.get(order['id'])!r}")
    again = _statuses(sample, [orders["accepted"]], folder, environment)
    placed = orders["accepted"]["id"]
    if again.get(placed) != first[placed]:
        raise SampleError(f"a repeat got {again.get(placed)!r} after {first[placed]!r}")


def _statuses(
    sample: Sample, orders: list[dict[str, object]], folder: Path, environment: dict[str, str]
) -> dict[str, str]:
    file = folder / "outbox.jsonl"
    lines = [written(each, as_message=sample.messages) for each in orders]
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    output = _run(sample.run, folder, environment, RUN_SECONDS)
    return said(output, as_messages=sample.messages)


def _run(
    command: tuple[str, ...], folder: Path, environment: dict[str, str], seconds: float
) -> str:
    filled = [each.format(python=sys.executable, outbox="outbox.jsonl") for each in command]
    ended = subprocess.run(
        filled,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if ended.returncode != 0:
        tail = "\n".join((ended.stdout + ended.stderr).splitlines()[-20:])
        raise SampleError(f"{' '.join(filled)} ended with {ended.returncode}:\n{tail}")
    return ended.stdout


if __name__ == "__main__":
    sys.exit(carried_out(work))
