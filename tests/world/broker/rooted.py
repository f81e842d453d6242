"""Running the programs of another system's folder, as its root, with chosen folders of this one.

The mounts are in a namespace of the program's own: they are gone when it is, however it ends.
"""

from pathlib import Path

_ENTER = """\
set -e
root=$1
shift
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$1" != -- ]; do
    mkdir -p "$root$1"
    mount --bind "$1" "$root$1"
    shift
done
shift
exec chroot "$root" "$@"
"""


def entered(root: Path, shared: tuple[Path, ...], command: list[str]) -> list[str]:
    """The command that runs `command` in `root`; one process, so its signals and its id are its.

    The shared folders are at the same paths inside. It needs the rights of root.
    """
    namespace = ["unshare", "--mount", "--propagation", "private"]
    folders = [str(path) for path in shared]
    return [*namespace, "sh", "-c", _ENTER, "enter", str(root), *folders, "--", *command]
