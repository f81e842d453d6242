"""`python -m tests.flow.fleet 'known/80/*' ...` plays cases and prints what was seen."""

import sys
import time
from fnmatch import fnmatch

from tests.flow.fleet.catalogue import CASES
from tests.flow.fleet.fleet import play

missed = 0
for name in CASES:
    if not any(fnmatch(name, pattern) for pattern in sys.argv[1:] or ["*"]):
        continue
    began = time.process_time()
    figures = play(CASES[name])
    met = all(figure.met for figure in figures)
    missed += not met
    seconds = time.process_time() - began
    words = ", ".join(("" if figure.met else "MISSED ") + str(figure) for figure in figures)
    print(f"{'met   ' if met else 'MISSED'} {name}: {words} [{seconds:.1f} s]", flush=True)
sys.exit(missed > 0)
