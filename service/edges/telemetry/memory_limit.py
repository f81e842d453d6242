"""How much memory the process may use, by its control groups: a container's limit."""

from pathlib import Path, PurePosixPath

CGROUPS = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")

_UNLIMITED_BYTES = 1 << 62
"""Version 1 says "no limit" with the largest number of whole pages."""


def memory_limit_bytes(cgroups: Path = CGROUPS, membership: Path = MEMBERSHIP) -> int | None:
    """The least limit on the process's groups, of version 2 or 1; None without any."""
    limits = [_limit(file) for file in _files(cgroups, membership)]
    return min((limit for limit in limits if limit is not None), default=None)


def _files(cgroups: Path, membership: Path) -> list[Path]:
    try:
        lines = membership.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        # Inside a container the root of the hierarchy is the container's own group.
        lines = ["0::/", "1:memory:/"]
    files = []
    for line in lines:
        match line.split(":", 2):
            case [_, "", path]:
                files += _upwards(cgroups, path, "memory.max")
            case [_, controllers, path] if "memory" in controllers.split(","):
                files += _upwards(cgroups / "memory", path, "memory.limit_in_bytes")
    return files


def _upwards(root: Path, path: str, name: str) -> list[Path]:
    """The files of the group and of all above it, each of which limits it; some do not exist."""
    group = PurePosixPath("/", path).relative_to("/")
    return [root / each / name for each in (group, *group.parents)]


def _limit(file: Path) -> int | None:
    try:
        value = int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        # Not there, not readable, or "max".
        return None
    return value if 0 < value < _UNLIMITED_BYTES else None
