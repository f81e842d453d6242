"""The build of the image as the Dockerfile says, with what this machine needs to reach PyPI."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.shipping.image.engine import Engine

IMAGE = "localhost/order-relay:test"
TRACING_IMAGE = "localhost/order-relay:test-otel"
WITH_TRACES = ("--build-arg", "EXTRAS=[otel]")
ROOT = Path(__file__).resolve().parents[3]
CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_INSIDE = "/run/build-certificates.pem"


def certificates(environment: Mapping[str, str]) -> Path | None:
    """The machine's certificates: it may trust a proxy that no public list does."""
    named = [environment[name] for name in CERTIFICATES if environment.get(name)]
    found = (Path(name) for name in [*named, _SYSTEM_CERTIFICATES])
    return next((path for path in found if path.is_file()), None)


def build_arguments(
    revision: str, pip_conf: Path, trusted: Path | None, *more: str, image: str = IMAGE
) -> list[str]:
    """The arguments of buildah: nothing of the machine gets into the image, it is only mounted."""
    mounts = ["--volume", f"{pip_conf}:/etc/pip.conf:ro"]
    if trusted is not None:
        mounts += ["--volume", f"{trusted}:{_INSIDE}:ro"]
    how = ["--isolation", "chroot", "--network", "host", "--pull-never", "--layers=false"]
    named = ["--tag", image, "--build-arg", f"REVISION={revision}", *more]
    return ["bud", "--quiet", *how, *mounts, *named, str(ROOT)]


def pip_configuration(lines: str, trusted: Path | None) -> str:
    """A pip.conf out of what `pip config list` prints: the same index, other certificates."""
    kept = ["[global]"]
    for line in lines.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in {"global", ":env:"} and name in {"index-url", "extra-index-url", "proxy"}:
            kept.append(f"{name} = {value.strip(chr(39))}")
    if trusted is not None:
        kept.append(f"cert = {_INSIDE}")
    return "\n".join(kept) + "\n"


def build(engine: Engine) -> None:
    """Builds both images of the work tree; CommandError when that fails."""
    trusted = certificates(os.environ)
    with tempfile.TemporaryDirectory(prefix="order-relay-build-") as directory:
        pip_conf = Path(directory, "pip.conf")
        pip_conf.write_text(pip_configuration(_output("pip3", "config", "list"), trusted))
        how = (_revision(), pip_conf, trusted)
        engine.buildah(*build_arguments(*how))
        engine.buildah(*build_arguments(*how, *WITH_TRACES, image=TRACING_IMAGE))
    engine.podman("image", "prune", "--force")


def _revision() -> str:
    return _output("git", "-C", str(ROOT), "rev-parse", "HEAD").strip() or "unknown"


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""
