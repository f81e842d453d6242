"""buildah and podman on a storage of the project's own, which no other image is in."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.shipping.commands import CommandError, run

BUILD_SECONDS = 1800.0
COMMAND_SECONDS = 300.0


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
        except (CommandError, OSError):
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
        """What podman prints; CommandError when it fails."""
        return run(self.podman_command(*arguments), timeout_seconds)

    def buildah(self, *arguments: str, timeout_seconds: float = BUILD_SECONDS) -> str:
        """What buildah prints; CommandError when it fails."""
        return run(self.buildah_command(*arguments), timeout_seconds)

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
