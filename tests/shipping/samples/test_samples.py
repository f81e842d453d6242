"""The samples: all are on the page and in `make samples`, which reads what each says."""

import json
import re
from datetime import UTC, datetime

from service.commands.check_message import verdicts
from service.core.producing.written import read
from tests.shipping.samples.samples import ENDS, FOLDER, SAMPLES, outbox, said, written


def test_every_sample_is_on_the_page() -> None:
    """And every one that is there is run."""
    page = (FOLDER.parent / "producers.md").read_text(encoding="utf-8")
    linked = re.findall(r"\]\(samples/([^)]+)\)", page)
    assert linked == [sample.file for sample in SAMPLES]
    kinds = {".py", ".sh", ".mjs", ".go", ".java"}
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.*")}
    assert {name for name in there if name[name.rindex(".") :] in kinds} == set(linked)


def test_the_outbox_has_an_order_for_each_status() -> None:
    """As far as it can be told without the API: two are sent, and the reply is the API's."""
    lines = [read(json.loads(written(line, as_message=True))) for line in outbox().values()]
    told = [says["status"] for _, says in verdicts(lines, datetime.now(UTC))]
    assert dict(zip(ENDS, told, strict=True)) == {
        "accepted": "sent",
        "rejected": "rejected",
        "failed": "failed",
        "unknown": "sent",
    }


def test_what_a_sample_says_is_read() -> None:
    """By its lines, or by the replies as JSON."""
    assert said("\x1b[0m\x1b[0ma accepted o-1\nb failed: no\nnoise\n", as_messages=False) == {
        "a": "accepted o-1",
        "b": "failed: no",
    }
    lines = [
        '{"message_id": "a"}',
        '{"request_id": "a", "status": "accepted", "order": "o-1"}',
        '{"request_id": "b", "status": "failed"}',
        "all done",
    ]
    assert said("\n".join(lines), as_messages=True) == {"a": "accepted o-1", "b": "failed"}
