"""Writes the doctor's page from its kinds of findings (`make log-schema`)."""

from pathlib import Path

from charts.sources import write
from docs.sources.setups import BROKEN, GOOD
from service.commands.doctor.findings import Kind, Mark
from service.commands.doctor.kinds import KINDS

PAGE = Path(__file__).parent.parent / "doctor.md"

_GROUPS = {
    "S": "Settings and this machine",
    "B": "The connection to a broker",
    "R": "Rights at the broker",
    "T": "Topology",
    "M": "What only the management API tells",
    "A": "The order API",
    "X": "The look itself",
}
_TOP = """# `order-relay doctor`

It looks at all that a relay with these settings needs, and changes nothing: no queue, no message,
no order. Run it where the relay runs, with the relay's settings:

```sh
order-relay doctor                  # a line for each thing; the last one is the verdict
order-relay doctor --only OR-R      # these, and why they could not be asked; --skip leaves out
order-relay doctor --json           # for programs; the same exit code
order-relay doctor --wait 60        # again until nothing is wrong, a minute at most
order-relay doctor --bundle sos.tar.gz --log relay.log    # all of it in a file, to send to others
```

| mark | meaning |
|---|---|
| ok | it is as it should be |
| look | it works; see whether it is meant so |
| wrong | orders would not flow, or could be lost: exit code 1 |
| not checked | it could not be looked at, so nothing is known of it |

Rights are asked by calls that the broker must refuse for another reason, that take away what is not
there, or that are taken back before they are done. The API is called once, with the key and without
a `request_id`: by its documentation it then answers 400 and places no order. One question takes 5 s
at most, all of them 15 s: those that do not depend on each other are asked at the same time, who
says nothing is asked once more (a busy machine is slow, and not broken: OR-B36), and what has no
answer is `not checked`, never ok. What the relay holds and answers while it runs is told by
[`order-relay top`](top.md).

### A bundle for others

`--bundle FILE` writes a new `.tar.gz` that only its owner may read, and replaces no file: what the
doctor found (`doctor.json`), the settings with secrets masked, the versions of all libraries, the
metrics of the relay at the admin port of this machine, and with `--log` the last 1,000 lines of a
relay's log in JSON. Lines that no relay wrote are left out, since they could hold a message.
Secrets of the settings are masked in all of it, also where an API repeats them in words.

### At the relay's own start

`run` refuses settings that cannot be used (exit code 78), and begins to send orders only when the
topology stands, its arguments are as they should be and every result can be published. With
`ORDER_RELAY_AMQP__TOPOLOGY=declare` the broker itself refuses a queue or an exchange that was made
otherwise: the relay holds, says which argument it is, and goes on once that is mended. With `check`
it sees whether each is there, but no login without the right to configure can compare arguments:
run the doctor once with a login that may, or with `ORDER_RELAY_MANAGEMENT__URL`.

So of what loses orders it refuses by itself, on the connections that it has: a RabbitMQ before 3.10
(OR-B31), what is missing (OR-T01), was made otherwise (OR-T03, where it declares) or may not be
used (OR-R01), and it waits while the broker blocks it (OR-B35). What only the management API tells
it does not ask: bindings, policies, other consumers and feature flags (OR-M03 to
OR-M05, OR-M07, OR-M08).
Where the API does not answer as one no order fails: after a few unknown answers the orders wait.

The codes stay as they are. This page is written from the program (`make log-schema`).
"""
_SETUPS = """
## Set-ups that it is tried on

Each is made by a test, most of them on a real broker, and the doctor gives it this code and no
other that is `wrong` or to `look` at.
"""


def page() -> str:
    """The whole text."""
    parts = [_TOP]
    for letter, title in _GROUPS.items():
        parts.append(f"\n## {title}\n")
        kinds = sorted((k for k in KINDS if k.code[3] == letter), key=lambda kind: kind.code)
        parts += map(_kind, kinds)
    return "".join(parts) + _setups()


def _setups() -> str:
    by_code = {kind.code: kind for kind in KINDS}
    lines = [_SETUPS, "| what is broken | code | what to do |", "|---|---|---|"]
    for name, code in BROKEN.items():
        mend = by_code[code].mend.replace("|", "\\|")
        lines.append(f"| {name} | [{code}](#{code.lower()}) | {mend} |")
    lines += ["", f"In these {len(GOOD)} it finds nothing to mend: {'; '.join(GOOD)}.", ""]
    return "\n".join(lines)


def _kind(kind: Kind) -> str:
    mend = f" What to do: {kind.mend}." if kind.mark is not Mark.OK else ""
    return f"\n### {kind.code}\n\n*{kind.mark}.* {kind.meaning}{mend}\n"


if __name__ == "__main__":
    write({PAGE: page()})
