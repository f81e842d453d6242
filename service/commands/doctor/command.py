"""`order-relay doctor`: look at all of it, and say it line by line."""

import asyncio
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.app.exit_codes import ExitCode
from service.app.settings import ShownSettings
from service.commands.doctor.findings import Finding, Mark, chosen, is_wrong, verdict
from service.commands.doctor.kinds import KINDS
from service.commands.doctor.looking import all_findings
from service.commands.top.words import shown

LONGEST_LINE = 400
PAGE = "docs/doctor.md"
AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be looked at and how it is to be said; `wait_seconds` for all to become well."""

    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    as_json: bool = False
    wait_seconds: float = 0.0


def is_known(prefix: str) -> bool:
    """Whether any code begins so."""
    return any(kind.code.startswith(prefix) for kind in KINDS)


async def doctor(settings: ShownSettings, files: Iterable[Path], wanted: Wanted) -> ExitCode:
    """Look until nothing is wrong, or the wait is over; say what was found the last time."""
    files, until = list(files), time.monotonic() + wanted.wait_seconds
    while True:
        found = chosen(await all_findings(settings, files), wanted.only, wanted.skip)
        if not is_wrong(found) or time.monotonic() + AGAIN_SECONDS > until:
            break
        await asyncio.sleep(AGAIN_SECONDS)
    return tell(found, as_json=wanted.as_json)


def tell(found: Sequence[Finding], *, as_json: bool) -> ExitCode:
    """Print the findings and the verdict."""
    if as_json:
        whole = {"findings": [each.as_json() for each in found], "verdict": verdict(found)}
        sys.stdout.write(f"{json.dumps(whole, indent=2)}\n")
    else:
        for each in found:
            sys.stdout.write(f"{each.kind.mark:<11} {each.kind.code}  ")
            sys.stdout.write(f"{shown(each.found, LONGEST_LINE)}\n")
            if each.kind.mark is not Mark.OK and each.kind.mend not in each.found:
                sys.stdout.write(f"{'':<11}         {each.kind.mend}\n")
        if any(each.kind.mark is not Mark.OK for each in found):
            sys.stdout.write(f"What each code means: {PAGE}\n")
        sys.stdout.write(f"{verdict(found)}\n")
    return ExitCode.CHECK_FAILED if is_wrong(found) else ExitCode.OK
