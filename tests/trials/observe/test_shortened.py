"""What becomes of the times in a rules file, and what stays."""

import re
from pathlib import Path

import pytest

from tests.shipping.rules.promtool import Missing, find_promtool
from tests.shipping.rules.reading import FILE, rules
from tests.trials.observe.shortened import FACTOR, NotDivisibleError, shortened

_RANGE = re.compile(r"\[\d+[smhd]\]")


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("        for: 5m\n", "        for: 25s\n"),
        ("        for: 1h", "        for: 300s"),
        ("    interval: 3m\n", "    interval: 15s\n"),
        ("rate(x[5m])", "rate(x[25s])"),
        (
            "(avg_over_time(x[10m]) and x offset 10m) > 0.3",
            "(avg_over_time(x[50s]) and x offset 50s) > 0.3",
        ),
        ("rate(x[3d]) > rate(x[24s])", "rate(x[21600s]) > rate(x[2s])"),
        (
            "max (order_relay_oldest_order_age_seconds) > 600",
            "max (order_relay_oldest_order_age_seconds) > 50",
        ),
        ('bucket{le="60.0"}', 'bucket{le="5.0"}'),
    ],
)
def test_a_time_is_divided(text: str, becomes: str) -> None:
    """By the factor, to whole seconds."""
    assert shortened(text, 12) == becomes


@pytest.mark.parametrize(
    "text",
    [
        "order_relay:api_errors:ratio_rate1h > 14.4 * 0.01",
        "(rate(order_relay_event_loop_lag_seconds_bucket))) > 0.5",
        "order_relay:queue_messages_ready:max > 500",
        "description: Prometheus has scraped no relay for five minutes, 30 s or 10m.",
        'queue=~".+[.](requests|parked)"',
        "runbook_url: docs/runbooks/OrderRelayAbsent.md",
    ],
)
def test_what_is_no_waiting_time_stays(text: str) -> None:
    """Shares, counts, names of recorded series, texts."""
    assert shortened(text, 12) == text


@pytest.mark.parametrize("text", ["for: 1s", "rate(x[7m])", 'le="300.0"'])
def test_what_cannot_be_divided_is_an_error(text: str) -> None:
    """No whole second, or no bound that the histogram has."""
    with pytest.raises(NotDivisibleError):
        shortened(text, 40)


def test_the_rules_can_be_shortened(tmp_path: Path) -> None:
    """Every `for` and every range of them; promtool takes the result, and it has all rules."""
    before = FILE.read_text(encoding="utf-8")
    after = shortened(before)
    assert after.count("for: ") == before.count("for: ")
    old, new = rules(before), rules(after)
    assert [rule.name for rule in old] == [rule.name for rule in new]
    for one, other in zip(old, new, strict=True):
        assert bool(_RANGE.search(one.expression)) <= (one.expression != other.expression)
        if "for" in one.fields:
            assert _seconds(one.fields["for"]) == FACTOR * _seconds(other.fields["for"])
    promtool = find_promtool()
    if isinstance(promtool, Missing):
        pytest.skip(str(promtool))
    file = tmp_path / "rules.yaml"
    file.write_text(after, encoding="utf-8")
    done = promtool.run("check", "rules", file)
    assert f"SUCCESS: {len(old)} rules found" in done.stdout, done.stdout


def _seconds(text: str) -> int:
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]
