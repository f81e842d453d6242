"""`parked list` and `parked show`."""

import base64
import json
from typing import Any

from tests.commands.parked.conftest import Run
from tests.commands.parked.scene import park, unknown, without_id
from tests.core.build import REQUEST
from tests.world.broker.vhost import VirtualHost


async def test_list_says_what_waits_and_why(vhost: VirtualHost, run: Run) -> None:
    """In groups and in rows, oldest first; twice the same, and nothing is taken out."""
    await park(vhost, [unknown("o-1"), without_id(), unknown("o-2")])
    first, second = await run("parked", "list"), await run("parked", "list")
    assert (first.returncode, first.stderr) == (0, "")
    lines = first.stdout.splitlines()
    assert lines[0] == "3 messages in orders.parked"
    assert lines[1].split()[:5] == ["2", "outcome_unknown", "an", "order", "may"]
    assert lines[2].split()[:4] == ["1", "missing_message_id", "no", "order"]
    assert [line.split()[-1] for line in lines[4:]] == ["o-1", "-", "o-2"]
    assert lines[4].split()[-4:] == ["12", "throttled", "unknown", "o-1"]
    assert [line.split()[-1] for line in second.stdout.splitlines()[4:]] == ["o-1", "-", "o-2"]
    await vhost.until_ready("orders.parked", 3)


async def test_list_takes_filters(vhost: VirtualHost, run: Run) -> None:
    """By id, code, age and text; a limit says how many are not shown."""
    await park(vhost, [unknown(f"o-{n}") for n in range(4)] + [without_id(body=b"{}")])
    by_id = await run("parked", "list", "o-1", "o-3")
    assert by_id.stdout.startswith("2 messages")
    by_code = await run("parked", "list", "--code", "missing_message_id")
    assert by_code.stdout.startswith("1 message ")
    assert (await run("parked", "list", "--older", "1h")).stdout.startswith("0 messages")
    assert (await run("parked", "list", "--text", "o-2")).stdout.startswith("1 message ")
    assert (await run("parked", "list", "--text", '"service"')).stdout.startswith("4 messages ")
    limited = await run("parked", "list", "--limit", "2")
    assert limited.stdout.endswith("... and 3 more; --limit 0 shows all\n")
    assert len((await run("parked", "list", "--groups")).stdout.splitlines()) == 3
    groups = (await run("parked", "list", "--groups", "--json")).stdout.splitlines()
    assert [json.loads(line)["count"] for line in groups] == [4, 1]
    assert json.loads(groups[0]).keys() == {"code", "standing", "count", "oldest", "newest"}
    wrong = await run("parked", "list", "--older", "soon")
    assert wrong.returncode == 2
    assert "90s, 30m, 2h and 7d" in wrong.stderr


async def test_json_has_the_message_whole(vhost: VirtualHost, run: Run) -> None:
    """A line each, the body in base64."""
    await park(vhost, [unknown("o-1", body=b"\x00not json\xff")])
    listed = await run("parked", "list", "--json")
    line = json.loads(listed.stdout)
    assert line["message_id"] == "o-1"
    assert line["standing"] == "an order may exist"
    assert base64.b64decode(line["body"]) == b"\x00not json\xff"
    assert line["headers"]["x-order-relay-attempts"] == 12
    assert (line["first_outcome"], line["last_outcome"]) == ("throttled", "unknown")
    assert json.loads((await run("parked", "show", "o-1", "--json")).stdout) == line


async def test_show_tells_the_story(vhost: VirtualHost, run: Run) -> None:
    """By id or by handle; the body indented, and what looks like a secret masked."""
    body = json.dumps({"service": 7, "key": "canary-key"}).encode()
    await park(vhost, [unknown("o-1"), unknown("o-2", body=body)])
    shown = await run("parked", "show", "o-2")
    assert shown.returncode == 0
    assert "an order may exist" in shown.stdout
    assert "no certain answer in 12 attempts" in shown.stdout
    assert "attempts        12, the first throttled, the last unknown" in shown.stdout
    assert '"service": 7' in shown.stdout
    assert "canary" not in shown.stdout
    handle = shown.stdout.splitlines()[0].split()[-1]
    assert (await run("parked", "show", handle)).stdout.splitlines()[
        0
    ] == f"handle          {handle}"
    missing = await run("parked", "show", "o-9")
    assert (missing.returncode, missing.stdout) == (1, "")


async def test_no_message_writes_on_the_terminal(vhost: VirtualHost, run: Run) -> None:
    """Escape sequences in ids, headers, properties and bodies come out as harmless text."""
    evil = "\x1b]0;owned\x07\x1b[2J"
    headers = {f"h{evil}": evil, "nested": {"a": [evil, b"\x1b"]}}
    changes: dict[str, Any] = {
        "correlation_id": evil,
        "reply_to": evil,
        "headers": headers,
        "app_id": evil,
    }
    await park(
        vhost,
        [
            unknown(f"o{evil}", **changes, body=evil.encode()),
            unknown("o-2", body=json.dumps({f"a{evil}": evil}, ensure_ascii=False).encode()),
            without_id(**changes, body=REQUEST.body + evil.encode()),
        ],
    )
    for arguments in (["list"], ["list", "--json"], ["show", f"o{evil}"], ["show", "o-2"]):
        result = await run("parked", *arguments)
        assert result.returncode == 0, result.stderr
        assert {c for c in result.stdout if not c.isprintable()} == {"\n"}


async def test_who_may_not_read_is_told_so(vhost: VirtualHost, run: Run) -> None:
    """In one line, with what to do; the password is not in it."""
    vhost.set_permissions(configure="", write="", read="")
    result = await run("parked", "list")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert vhost.password not in result.stderr
    away = await run("parked", "list", AMQP__URL="amqp://u:canary-pw@127.0.0.1:1/")
    assert (away.returncode, away.stderr.count("\n")) == (1, 1)
    assert "canary" not in away.stderr
