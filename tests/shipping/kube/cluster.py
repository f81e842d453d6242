"""etcd and kube-apiserver as processes of this run, which are gone at its end."""

import asyncio
import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import trustme

from tests.shipping.kube import options
from tests.shipping.kube.api import CRDS, KubeApi, KubeError
from tests.world.broker.ports import LOOPBACK, free_ports
from tests.world.load.waiting import until

START_SECONDS = 300.0
STOP_SECONDS = 30.0
PROGRAMS = ("etcd", "kube-apiserver")
LOG_END_CHARACTERS = 3000


@contextmanager
def running_cluster(
    programs: Path, directory: Path, *, start_seconds: float = START_SECONDS
) -> Iterator[KubeApi]:
    """An empty cluster, ready for requests; its kubeconfig is in the directory.

    What goes wrong in it is a KubeError that ends with what its programs said last.
    """
    ports = options.Ports(*free_ports(3))
    _write(directory, ports)
    etcd = [str(programs / "etcd"), *options.etcd_options(ports, directory)]
    api_server = [str(programs / "kube-apiserver"), *options.api_options(ports, directory)]
    with (
        kept(etcd, directory / "etcd.log") as store,
        kept(api_server, directory / "kube-apiserver.log") as server,
        KubeApi(directory / options.KUBECONFIG) as api,
    ):
        try:
            _wait_until_ready(api, {"etcd": store, "kube-apiserver": server}, start_seconds)
            yield api
        except (KubeError, TimeoutError, httpx2.HTTPError) as error:
            message = f"{type(error).__name__}: {error}\n{last_said(directory)}"
            raise KubeError(message) from error


def last_said(directory: Path) -> str:
    """The end of each program's log, under its name."""
    ends = []
    for name in PROGRAMS:
        text = (directory / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        ends.append(f"{name} said last:\n{text[-LOG_END_CHARACTERS:].strip() or 'nothing'}")
    return "\n".join(ends)


def add_crds(api: KubeApi, crds: Iterable[bytes | dict[str, Any]]) -> int:
    """The number of CRDs that the cluster serves from now on."""
    names = [api.post(CRDS, crd)["metadata"]["name"] for crd in crds]

    async def served() -> bool:
        return all(_is_established(api.get(f"{CRDS}/{name}")) for name in names)

    asyncio.run(until(served, "the CRDs are served", timeout_seconds=START_SECONDS))
    return len(names)


def _is_established(crd: dict[str, Any] | None) -> bool:
    conditions = (crd or {}).get("status", {}).get("conditions", [])
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


def _write(directory: Path, ports: options.Ports) -> None:
    authority = trustme.CA()
    server = authority.issue_cert(LOOPBACK, "localhost")
    # In this group, a client may do everything without a role.
    # With a name, too: the server refuses an extension for names that is critical and empty.
    admin = authority.issue_cert("admin", common_name="admin", organization_name="system:masters")
    authority.cert_pem.write_to_path(str(directory / options.AUTHORITY))
    server.private_key_and_cert_chain_pem.write_to_path(str(directory / options.SERVER))
    admin.private_key_and_cert_chain_pem.write_to_path(str(directory / options.ADMIN))
    authority.issue_cert("accounts").private_key_pem.write_to_path(
        str(directory / options.ACCOUNTS)
    )
    config = directory / options.KUBECONFIG
    config.write_text(json.dumps(options.kubeconfig(ports, directory)), encoding="utf-8")
    config.chmod(0o600)


def _wait_until_ready(
    api: KubeApi, processes: dict[str, "subprocess.Popen[bytes]"], timeout_seconds: float
) -> None:
    async def ready() -> bool:
        for name, process in processes.items():
            if process.poll() is not None:
                raise KubeError(f"{name} ended with {process.returncode}")
        # Not in a thread: a signal would have to wait for the request's end.
        return api.answers()

    waited = until(ready, "kube-apiserver is ready", timeout_seconds=timeout_seconds,
                   poll_seconds=0.2)  # fmt: skip
    asyncio.run(waited)


@contextmanager
def kept(command: list[str], log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """The program, which ends with the block, and with this process however that ends."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # A terminal's Ctrl-C reaches only this Python.
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            process.kill()
