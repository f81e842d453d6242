"""What builds and runs images on this machine, found or installed."""

import shutil
from collections.abc import Iterable

from tests.shipping.commands import Find, Say, install

NEEDED = ("podman", "buildah", "runc", "mmdebstrap")


def missing_tools(find: Find = shutil.which, needed: Iterable[str] = NEEDED) -> tuple[str, ...]:
    """The tools that are not on the PATH; Debian's packages have the same names."""
    return tuple(tool for tool in needed if find(tool) is None)


def ensure_tools(say: Say, *, find: Find = shutil.which, root: bool) -> str:
    """What is in the way of an image; nothing, after an installation where it can be done."""
    if missing := missing_tools(find):
        reason = install(missing, say, root=root, find=find) or "apt-get has not brought them"
        missing = missing_tools(find)
        return f"no image can be built here: no {', '.join(missing)}; {reason}" if missing else ""
    return "" if root else "no image can be built here: the stand-in base needs root"
