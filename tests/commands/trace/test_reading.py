"""What relays say, read: pure."""

from typing import Any

import pytest

from service.commands.trace.places import Said
from service.commands.trace.relays import UnreadableAnswerError, read
from service.flow.held_orders import Stage, Stand
from tests.commands.trace.said import AGO, SOON, ended


def test_what_a_relay_says_is_read() -> None:
    """Stages, times and reasons, as the admin port writes them."""
    text = (
        '{"in_hand": [{"stage": "waiting", "since": "2026-01-31T11:57:00Z", "until": '
        '"2026-01-31T12:00:20Z"}], "wait": {"tier_seconds": 30, "until": '
        '"2026-01-31T12:00:20Z"}, "ends": [{"status": "accepted", "code": null, '
        '"answered_at": "2026-01-31T11:57:00Z"}], "reasons": ["held: circuit: x"]}'
    )
    stand = Stand(Stage.WAITING, AGO, SOON)
    assert read(text, "a:8080") == Said(
        "a:8080", (stand,), (30, SOON), (ended("accepted"),), ("held: circuit: x",)
    )


@pytest.mark.parametrize(
    "text",
    [
        "<html>",
        "[]",
        '{"in_hand": []}',
        '{"in_hand": [{}], "wait": null, "ends": [], "reasons": []}',
        '{"in_hand": [], "wait": {"tier_seconds": "x"}, "ends": [], "reasons": []}',
        '{"in_hand": [], "wait": null, "ends": [1], "reasons": []}',
        '{"in_hand": [{"stage": "?", "since": "x"}], "wait": null, "ends": [], "reasons": []}',
        "[" * 100_000,
    ],
)
def test_what_no_relay_says_is_not_read(text: Any) -> None:
    """Whatever else listens there ends nothing."""
    with pytest.raises(UnreadableAnswerError):
        read(text, "a:8080")
