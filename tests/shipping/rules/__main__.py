"""`ensure` finds or installs promtool; without it their tests are skipped."""

import argparse
import sys

from tests.shipping.rules.promtool import ensure_promtool


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.shipping.rules", description=__doc__)
    parser.add_argument("command", choices=["ensure"])
    parser.parse_args()
    _say(str(ensure_promtool(_say)))
