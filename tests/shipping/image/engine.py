"""buildah and podman on a storage of the project's own, which no other image is in."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUILD_SECONDS = 1800.0
COMMAND_SECONDS = 300.0


class EngineError(Exception):
    """A command of the engine failed; the message holds what it said."""


OVERLAY = "overlay"
COPIES = "vfs"
"""Works on every file system, and copies the whole image for each container."""


@dataclass(frozen=True)
class Engine:
    """A storage, and how it keeps layers."""

    storage: Path
    driver: str = OVERLAY

    @classmethod
    def of_user(cls) -> "Engine":
        """The storage in the user's cache."""
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        place = Path(cache, "order-relay", "image")
        overlay = cls(place / OVERLAY, OVERLAY)
        return overlay if overlay.works() else cls(place / COPIES, COPIES)

    def works(self) -> bool:
        """Whether the file system can do what the driver asks of it."""
        try:
            self.podman("info")
        except (EngineError, OSError):
            return False
        return True

    def podman_command(self, *arguments: str) -> list[str]:
        """A podman command line; its files, locks and events are in the storage, too."""
        tool = ["podman", *self._storage_flags(), "--tmpdir", str(self.storage / "tmp")]
        flags = ["--runtime", "runc", "--cgroup-manager", "cgroupfs", "--events-backend", "file"]
        return [*tool, *flags, *arguments]

    def buildah_command(self, *arguments: str) -> list[str]:
        """A buildah command line."""
        return ["buildah", *self._storage_flags(), *arguments]

    def podman(self, *arguments: str, timeout_seconds: float = COMMAND_SECONDS) -> str:
        """What podman prints; EngineError when it fails."""
        return _run(self.podman_command(*arguments), timeout_seconds)

    def buildah(self, *arguments: str, timeout_seconds: float = BUILD_SECONDS) -> str:
        """What buildah prints; EngineError when it fails."""
        return _run(self.buildah_command(*arguments), timeout_seconds)

    def has(self, image: str) -> bool:
        """Whether the image is in the storage."""
        command = self.podman_command("image", "exists", image)
        return subprocess.run(command, timeout=COMMAND_SECONDS, check=False).returncode == 0

    def inspect(self, image: str) -> dict[str, Any]:
        """All that is known of an image: its configuration, its labels, its size."""
        (found,) = json.loads(self.podman("image", "inspect", image))
        assert isinstance(found, dict)
        return found

    def _storage_flags(self) -> list[str]:
        places = ["--root", str(self.storage / "root"), "--runroot", str(self.storage / "run")]
        return [*places, "--storage-driver", self.driver]


def _run(command: list[str], timeout_seconds: float) -> str:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-3000:]
        raise EngineError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout
