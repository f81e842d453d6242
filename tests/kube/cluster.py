"""etcd and kube-apiserver as processes of this run, which are gone at its end."""

import asyncio
import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import trustme

from tests.broker.ports import LOOPBACK, free_ports
from tests.kube.api import CRDS, KubeApi, KubeError
from tests.kube.options import Files, Ports, api_options, etcd_options, kubeconfig
from tests.load.waiting import until

START_SECONDS = 300.0
STOP_SECONDS = 30.0


@contextmanager
def running_cluster(programs: Path, directory: Path) -> Iterator[KubeApi]:
    """An empty cluster, ready for requests; its kubeconfig is in the directory."""
    files = Files(directory)
    ports = Ports(*free_ports(3))
    _write(files, ports)
    etcd = [str(programs / "etcd"), *etcd_options(ports, files)]
    api_server = [str(programs / "kube-apiserver"), *api_options(ports, files)]
    with (
        _process(etcd, files.log("etcd")) as store,
        _process(api_server, files.log("kube-apiserver")) as server,
        KubeApi(files.kubeconfig) as api,
    ):
        _wait_until_ready(api, {"etcd": store, "kube-apiserver": server}, files)
        yield api


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


def _write(files: Files, ports: Ports) -> None:
    authority = trustme.CA()
    server = authority.issue_cert(LOOPBACK, "localhost")
    # In this group, a client may do everything without a role.
    # With a name, too: the server refuses an extension for names that is critical and empty.
    admin = authority.issue_cert("admin", common_name="admin", organization_name="system:masters")
    authority.cert_pem.write_to_path(str(files.authority))
    server.private_key_and_cert_chain_pem.write_to_path(str(files.server))
    admin.private_key_and_cert_chain_pem.write_to_path(str(files.admin))
    authority.issue_cert("accounts").private_key_pem.write_to_path(str(files.accounts))
    files.kubeconfig.write_text(json.dumps(kubeconfig(ports, files)), encoding="utf-8")
    files.kubeconfig.chmod(0o600)


def _wait_until_ready(
    api: KubeApi, processes: dict[str, "subprocess.Popen[bytes]"], files: Files
) -> None:
    async def ready() -> bool:
        for name, process in processes.items():
            if process.poll() is not None:
                said = files.log(name).read_text(encoding="utf-8", errors="replace")[-3000:]
                raise KubeError(f"{name} ended with {process.returncode}:\n{said}")
        return await asyncio.to_thread(api.answers)

    waited = until(ready, "kube-apiserver is ready", timeout_seconds=START_SECONDS,
                   poll_seconds=0.2)  # fmt: skip
    asyncio.run(waited)


@contextmanager
def _process(command: list[str], log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # A terminal's Ctrl-C reaches only this Python.
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()
        process.wait()
