"""The short form of `python -m tests.trials.observe`."""

from pathlib import Path
from time import time

import pytest

from tests.shipping.rules.reading import ALERT_NAMES, alerts
from tests.trials.observe.expressions import (
    Asker,
    Expected,
    Key,
    NotAnsweredError,
    Question,
    Run,
    ask,
    named,
    questions,
)
from tests.trials.observe.programme import ACTS, BLOCKED, OUTAGE, scenes_of
from tests.trials.observe.run import NO_LIMIT, Observer, scraping
from tests.trials.observe.site import staged
from tests.world.broker import RabbitNode
from tests.world.prometheus import is_installed

FACTOR = 60
"""Five minutes are 5 s here."""
MESSAGES = 400

_QUIET = "nothing in the short form brings it about"
_QUIET_ALERTS = {
    f"OrderRelay{name}": _QUIET
    for name in (
        *("Absent, critical", "NoConsumer, critical", "QueueGrows, warning"),
        *("OrderTooOld, warning", "Unrouted, warning", "Throttled, warning"),
        *("CredentialsHeld, critical", "PublisherBlocked, critical", "ReconnectStorm, warning"),
        *("BudgetTooHigh, warning", "MemoryNearLimit, warning", "MostRejected, critical"),
        *("AnswersBurnFast, critical", "AnswersBurnSlow, warning"),
    )
}
_EMPTY = {**_QUIET_ALERTS, "Budget, set and learned, B": "nothing throttles in the short form"}
_BY_OUTAGE = "an outage may be too short for it, or not"
_EITHER = {
    **NO_LIMIT,
    "Reconnects by cause, A": "no connection is lost in the short form, unless the machine is busy",
    "OrderRelayApiErrorBurnFast, critical": _BY_OUTAGE,
    "OrderRelayApiErrorBurnSlow, warning": _BY_OUTAGE,
    "OrderRelayOutcomeUnknown, warning": "some hostile messages end so, or none",
    "OrderRelayOutcomeUnknown, critical": "some hostile messages end so, or none",
    "OrderRelayEventLoopLag, warning": "the machine may be that busy",
}
EXPECTED = Expected(empty=_EMPTY, either=_EITHER)


def _keys() -> set[Key]:
    return {Key(rule.name, rule.fields["labels.severity"]) for rule in alerts()}


def test_every_alert_has_its_cause() -> None:
    """In the long form, each of the rules once and no other."""
    scenes = [*(scene for act in ACTS for scene in act.scenes), OUTAGE, BLOCKED]
    assert sorted(key for scene in scenes for key in scene.alerts) == sorted(_keys())


@pytest.mark.parametrize("name", ALERT_NAMES)
def test_each_alert_can_be_had_alone(name: str) -> None:
    """By its name with and without the prefix."""
    assert scenes_of(name)
    assert scenes_of(name) == scenes_of(name.removeprefix("OrderRelay"))
    assert scenes_of(f"{name}s") == ()


def test_what_is_expected_to_be_empty_is_asked() -> None:
    """No line of the lists stands for nothing."""
    asked = {question.where for question in questions()}
    assert _EMPTY.keys() | _EITHER.keys() <= asked
    assert {named(key) for key in _keys()} <= asked


@pytest.mark.skipif(not is_installed(), reason="there is no prometheus here")
@pytest.mark.timeout(600)
async def test_what_happens_is_seen(rabbit_node: RabbitNode, tmp_path: Path) -> None:
    """Alerts fire and end, expressions answer or are rightly empty, strangers make no series."""
    async with staged(tmp_path, scraping(tmp_path, FACTOR), node=rabbit_node) as stage:
        said: list[str] = []
        observer = Observer(stage, said.append)
        report = await observer.in_short(MESSAGES, EXPECTED)
        await _wrong_ones_are_found(observer.asker)
    assert report.problems() == [], said
    assert report.good
    assert len(report.sightings) == 2
    assert len(report.verdicts) > 100


async def _wrong_ones_are_found(asker: Asker) -> None:
    now = time()
    run = Run(now - 10, now, 1)
    for misspelt in ("order_relay_replys_total", 'order_relay_held{reason="circuits"}'):
        assert await ask(asker, Question("", "", misspelt), run) == 0
    assert await ask(asker, Question("", "", "0 * order_relay_in_flight / 0"), run) == 0
    with pytest.raises(NotAnsweredError, match="parse error"):
        await ask(asker, Question("", "", "sum by (order_relay_held"), run)
