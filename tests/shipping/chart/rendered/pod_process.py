"""A container of a rendered manifest, run as a process: its command, variables and secret files.

What the manifest mounts below /run is put below a directory of the test, and nothing else is
changed. Secrets are there as the kubelet mounts them: behind a link that it swaps.
"""

import asyncio
import base64
import itertools
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.shipping.chart.rendered.helm import Object, kinds, named
from tests.world.load.processes import Process

ENDED_SECONDS = 120.0
_RUN = "/run/"
_SECRETS_DIR = "ORDER_RELAY_SECRETS_DIR"
_DEFAULT_SECRETS_DIR = "/run/secrets/order-relay"
_DATA = "..data"


class ContainerProcess(Process):
    """A container's process; some end by themselves."""

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        return await asyncio.to_thread(self._process.wait, ENDED_SECONDS)


class Machine:
    """Where the containers of one release run, with what the cluster would hold for them."""

    def __init__(self, objects: list[Object], directory: Path, secrets: Iterable[Object]) -> None:
        self._objects = objects
        self._run = directory / "run"
        self._logs = directory
        self._secrets = {one["metadata"]["name"]: one for one in secrets}
        for one in kinds(objects, "Secret"):
            self._secrets[one["metadata"]["name"]] = one

    def mount(self, pod: Object) -> None:
        """Writes the secret files of a pod, or writes them anew."""
        mounts = {one["name"]: one["mountPath"] for one in pod["containers"][-1]["volumeMounts"]}
        for volume in pod["volumes"]:
            secret = self._secrets[volume["secret"]["secretName"]]
            write_secret(secret, volume, Path(self._here(mounts[volume["name"]])))

    def rotate(self, pod: Object, secret: Object) -> None:
        """Puts a new version of a secret into the cluster, and so into the pod's files."""
        self._secrets[secret["metadata"]["name"]] = secret
        self.mount(pod)

    def start(self, container: Object, *arguments: str) -> ContainerProcess:
        """The container's command, as its manifest says it; `arguments` instead of its own."""
        program, *rest = container["command"]
        module = {"order-relay": ["service"], "python": []}[program]
        given = list(arguments) or container["args"]
        return ContainerProcess(
            container["name"], self._logs, [*module, *rest, *given], self._variables(container)
        )

    def script(self, container: Object, *arguments: str) -> list[str]:
        """The command line of a container that runs a piece of Python."""
        assert container["command"] == ["python", "-c"]
        return [sys.executable, "-c", container["args"][0], *arguments]

    def _variables(self, container: Object) -> dict[str, str]:
        variables = {_SECRETS_DIR: _DEFAULT_SECRETS_DIR}
        for source in container.get("envFrom", []):
            variables |= named(self._objects, "ConfigMap", source["configMapRef"]["name"])["data"]
        variables |= {one["name"]: one["value"] for one in container.get("env", [])}
        return {name: self._here(value) for name, value in variables.items()}

    def _here(self, path: str) -> str:
        inside = path.startswith(_RUN)
        return str(self._run / path.removeprefix(_RUN)) if inside else path


def contents(secret: Object) -> dict[str, bytes]:
    """The keys of a Secret and what they hold."""
    plain = {name: text.encode() for name, text in secret.get("stringData", {}).items()}
    return {name: base64.b64decode(v) for name, v in secret.get("data", {}).items()} | plain


def write_secret(secret: Object, volume: Object, directory: Path) -> None:
    """The files of a volume of a Secret; those that were there are replaced at once.

    The kubelet writes a new directory, and then renames a link to it over the old one.
    """
    source = volume["secret"]
    assert source["secretName"] == secret["metadata"]["name"]
    directory.mkdir(parents=True, exist_ok=True)
    versions = (directory / f"..version-{number}" for number in itertools.count())
    version = next(path for path in versions if not path.exists())
    version.mkdir()
    held = contents(secret)
    for item in source["items"]:
        file = version / item["path"]
        file.write_bytes(held[item["key"]])
        file.chmod(source["defaultMode"])
        link = directory / item["path"]
        if not link.is_symlink():
            link.symlink_to(Path(_DATA) / item["path"])
    fresh = directory / "..data_tmp"
    fresh.symlink_to(version.name)
    fresh.replace(directory / _DATA)
