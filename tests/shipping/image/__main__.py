"""`make image`: exit code 0 when the image was built, and all that it is asked holds."""

import os
import subprocess
import sys
import time

from tests.shipping.commands import CommandError
from tests.shipping.image.base import ensure_base
from tests.shipping.image.build import IMAGE, ROOT, TRACING_IMAGE, build
from tests.shipping.image.conftest import IMAGE_VARIABLE, TRACING_IMAGE_VARIABLE
from tests.shipping.image.engine import Engine
from tests.shipping.image.tools import ensure_tools


def main() -> int:
    """The exit code: that of the tests, or 1 with what is in the way of a build."""
    if lacking := ensure_tools(_say, root=os.geteuid() == 0):
        _say(lacking)
        return 1
    engine = Engine.of_user()
    try:
        _say(f"base: {ensure_base(engine, _say)}")
        began = time.monotonic()
        _say("building ...")
        build(engine)
    except (CommandError, subprocess.TimeoutExpired) as error:
        _say(str(error))
        return 1
    _say(f"built {IMAGE} and {TRACING_IMAGE} in {time.monotonic() - began:.0f} s; testing it ...")
    tests = [sys.executable, "-m", "pytest", "tests/shipping/image", "--quiet", *sys.argv[1:]]
    built = {IMAGE_VARIABLE: IMAGE, TRACING_IMAGE_VARIABLE: TRACING_IMAGE}
    environment = {**os.environ, **built}
    return subprocess.run(tests, cwd=ROOT, env=environment, check=False).returncode


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
