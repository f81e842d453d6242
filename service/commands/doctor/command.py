"""`order-relay doctor`: look at all of it, and say it line by line."""

import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.app.exit_codes import ExitCode
from service.app.masking import hider, secrets_in
from service.app.settings import ShownSettings
from service.app.sources import Found
from service.commands.doctor import judging
from service.commands.doctor.bundle import contents, write
from service.commands.doctor.findings import Finding, Mark, chosen, is_wrong, verdict
from service.commands.doctor.kinds import KINDS
from service.commands.doctor.looking import all_findings
from service.commands.top.words import shown

LONGEST_LINE = 400
PAGE = "docs/doctor.md"
AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be looked at and how it is to be said; `wait_seconds` for all to become well.

    With `bundle` all of it is written to a file, too, with the end of a `log`.
    """

    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    as_json: bool = False
    wait_seconds: float = 0.0
    bundle: Path | None = None
    log: Path | None = None


def is_known(prefix: str) -> bool:
    """Whether any code begins so."""
    return any(kind.code.startswith(prefix) for kind in KINDS)


async def doctor(settings: ShownSettings, sources: Mapping[str, Found], wanted: Wanted) -> ExitCode:
    """Look until nothing is wrong, or the wait is over; say what was found the last time."""
    files = [one.file for one in sources.values() if one.file is not None]
    until = time.monotonic() + wanted.wait_seconds
    while True:
        found = chosen(await all_findings(settings, files), wanted.only, wanted.skip)
        if not is_wrong(found) or time.monotonic() + AGAIN_SECONDS > until:
            break
        await asyncio.sleep(AGAIN_SECONDS)
    # An API may repeat in words what it was sent.
    hide = hider(each for one in sources.values() for each in secrets_in(one.variable, one.text))
    found = [Finding(each.kind, hide(each.found)) for each in found]
    code = tell(found, as_json=wanted.as_json)
    if wanted.bundle is None:
        return code
    try:
        write(wanted.bundle, await contents(settings, sources, found, wanted.log))
    except OSError as error:
        sys.stderr.write(f"order-relay: no bundle was written: {error}\n")
        return ExitCode.CHECK_FAILED
    sys.stderr.write(f"bundle: {wanted.bundle} (read it before you send it)\n")
    return code


def refused(problems: Sequence[str], *, as_json: bool) -> ExitCode:
    """Tell settings with which no relay starts."""
    tell(list(judging.of_problems(problems)), as_json=as_json)
    return ExitCode.BAD_SETTINGS


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
