"""`python -m tests.trials.observe.in_group GROUP MODULE ...`: the module, in a control group."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Never returns: the module's process is this one, in the group from its first step on."""
    group, *module = sys.argv[1:]
    Path(group, "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    os.execv(sys.executable, [sys.executable, "-m", *module])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
