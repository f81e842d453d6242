"""Before something is changed: how many, and whether a person wants it."""

import sys
from dataclasses import dataclass

from service.commands.parked.looking import note
from service.commands.parked.words import messages


@dataclass(frozen=True, slots=True)
class Asking:
    """How the person answers: at the terminal, or by `--yes --count N` before it is asked."""

    yes: bool = False
    count: int | None = None
    dry_run: bool = False

    def agreed(self, number: int, what: str) -> bool:
        """Whether `number` messages are to be treated so. More than one: the count is typed."""
        if self.dry_run:
            note("nothing was changed (--dry-run)")
            return False
        if self.yes:
            if self.count == number:
                return True
            said = "no --count" if self.count is None else f"--count {self.count}"
            note(f"order-relay: nothing was changed: {messages(number)}, and {said} was given")
            return False
        if not sys.stdin.isatty():
            note(
                f"order-relay: nothing was changed: without a terminal it takes "
                f"--yes --count {number}"
            )
            return False
        return self._typed(number, what)

    def _typed(self, number: int, what: str) -> bool:
        wanted = str(number) if number > 1 else "yes"
        how = f"type {wanted} to go on" if number == 1 else f"type the count, {wanted}, to go on"
        sys.stderr.write(f"{what} {messages(number)}: {how}: ")
        sys.stderr.flush()
        try:
            answer = sys.stdin.readline().strip().replace(" ", "")
        except KeyboardInterrupt:
            answer = ""
            note("")
        if answer != wanted:
            note("nothing was changed")
        return answer == wanted
