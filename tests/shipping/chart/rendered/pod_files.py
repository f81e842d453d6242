"""Secrets written to a directory as the kubelet mounts them: behind a link that it swaps."""

import base64
import itertools
from pathlib import Path

from tests.shipping.chart.rendered.helm import Object

_DATA = "..data"


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
