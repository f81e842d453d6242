"""`python -m tests.flow.fleet 'known/80/*' ...` plays cases and prints what was seen.

With `--seeds 8` each is played with as many seeds.
"""

import argparse
import sys
import time
from fnmatch import fnmatch

from tests.flow.fleet.catalogue import CASES
from tests.flow.fleet.fleet import play

parser = argparse.ArgumentParser("python -m tests.flow.fleet")
parser.add_argument("names", nargs="*", default=["*"])
parser.add_argument("--seeds", type=int, default=1)
arguments = parser.parse_args()
names = [name for name in CASES if any(fnmatch(name, each) for each in arguments.names)]
missed = 0
for name, seed in ((name, 1 + seed) for name in names for seed in range(arguments.seeds)):
    began = time.process_time()
    figures = play(CASES[name], seed)
    met = all(figure.met for figure in figures)
    missed += not met
    seconds = time.process_time() - began
    words = ", ".join(("" if figure.met else "MISSED ") + str(figure) for figure in figures)
    of = f"{name}, seed {seed}" if arguments.seeds > 1 else name
    print(f"{'met   ' if met else 'MISSED'} {of}: {words} [{seconds:.1f} s]", flush=True)
sys.exit(missed > 0)
