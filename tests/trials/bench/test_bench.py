"""The arithmetic of the bench, that it notices a broken promise, and that it runs."""

import io
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from tests.trials.bench.ends import Ends, fresh
from tests.trials.bench.figures import Row, figure, percentile, ratio
from tests.trials.bench.peers import Peer, script
from tests.trials.bench.promises import Reply, broken
from tests.trials.bench.run import Plan, Workload, bench
from tests.trials.bench.sides import ApiProcess, Stage, topology
from tests.trials.bench.telling import table, write_page
from tests.world.broker import RabbitNode

PEERS = {Peer.RELAY: (), Peer.HTTPX2: script(sys.executable, "httpx2")}
QUICK = Plan((Workload.OVERHEAD,), rounds=1, orders=100, look_seconds=0.1)
needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="CPU time is read from /proc"
)
ROWS = [
    Row("overhead", side, (figure("CPU", "x", values),))
    for side, values in (("order-relay", [0.5, 0.4, 0.7]), ("a <script>", [1.0]))
]


def test_a_figure_has_a_median_and_a_spread() -> None:
    """They are those of its rounds."""
    found = figure("f", "ms", [3.0, 1.0, 10.0])
    assert (found.median, found.least, found.most) == (3.0, 1.0, 10.0)


def test_a_ratio_is_taken_round_by_round() -> None:
    """A slow round of both sides weighs no more than a fast one."""
    assert ratio("r", [2.0, 30.0], [1.0, 20.0]).values == (2.0, 1.5)


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 50.0), (0.99, 99.0), (0.991, 100.0), (1.0, 100.0), (0.0, 1.0)]
)
def test_a_percentile_is_one_of_the_values(share: float, value: float) -> None:
    """Of 1 to 100, each share has its own."""
    assert percentile([float(number) for number in range(100, 0, -1)], share) == value


GOOD = Reply("a", "accepted", persistent=True)


@pytest.mark.parametrize(
    ("replies", "left", "told"),
    [
        ([GOOD], {}, ()),
        ([], {}, ("1 orders without a reply",)),
        ([GOOD, GOOD], {}, ("1 orders with more than one reply",)),
        ([GOOD, replace(GOOD, request_id="b")], {}, ("1 orders that nobody sent are answered",)),
        ([replace(GOOD, status="unknown")], {}, ("1 orders not accepted",)),
        (
            [replace(GOOD, persistent=False)],
            {},
            ("1 orders with a reply that is not persistent",),
        ),
        ([GOOD], {"orders.requests": 1}, ("1 messages left in orders.requests",)),
    ],
)
def test_a_broken_promise_is_told(
    replies: list[Reply], left: dict[str, int], told: tuple[str, ...]
) -> None:
    """One accepted, persistent reply to each order, and nothing left."""
    assert broken(["a"], replies, left) == told


@needs_proc
async def test_an_order_that_nobody_answers_is_found(
    rabbit_node: RabbitNode, tmp_path: Path
) -> None:
    """The check reads the broker's own queues: without a consumer it finds the order there."""
    with ApiProcess(tmp_path) as api:
        await api.ready()
        stage = Stage(rabbit_node, tmp_path, api, PEERS, print)
        async with topology(stage) as host, Ends.connect(host) as ends:
            (order,) = fresh(1)
            await ends.producer.publish(order)
            with pytest.raises(AssertionError, match=r"^1 orders without a reply$"):
                await ends.check([order.request_id])
            with pytest.raises(AssertionError, match=r"^1 messages left in orders\.requests$"):
                await ends.nothing_left()


@needs_proc
@pytest.mark.timeout(180)
async def test_the_relay_and_a_script_are_measured(rabbit_node: RabbitNode, tmp_path: Path) -> None:
    """Each order of both was answered once, persistent, and acked, or this would fail."""
    said: list[str] = []
    rows, well = await bench(rabbit_node, tmp_path, PEERS, QUICK, said.append)
    assert well, said
    assert said == ["1 of 1: overhead", "  overhead: round 1 of 1"]
    assert [row.side for row in rows] == ["order-relay", "script, aio-pika + httpx2"]
    for row in rows:
        assert {each.name: each.least > 0 for each in row.figures} == {
            "CPU of an order": True,
            "CPU": True,
            "broker's CPU of an order": True,
            "broker's CPU": True,
            "orders a second": True,
            "of a bare caller's calls": True,
            "memory": True,
            "API stand-in": True,
        }


def test_the_page_gets_a_table_and_a_picture(tmp_path: Path) -> None:
    """What stands around the marks stays."""
    page, drawn = tmp_path / "page.md", tmp_path / "bench.svg"
    page.write_text("before\n<!-- make bench -->\nold\n<!-- end of make bench -->\nafter\n")
    write_page(ROWS, "Said.", page, drawn)
    assert page.read_text().splitlines() == [
        "before",
        "<!-- make bench -->",
        "Said.",
        "",
        "| overhead | CPU, x |",
        "| --- | --- |",
        "| order-relay | 0.5 (0.4 to 0.7) |",
        "| a <script> | 1 |",
        "<!-- end of make bench -->",
        "after",
    ]
    texts = [each.text for each in ET.fromstring(drawn.read_text()).iter() if each.text]  # noqa: S314 - our own
    assert "order-relay" in texts
    assert "a <script>" in texts


def test_the_terminal_gets_every_figure() -> None:
    """A line for each."""
    text = io.StringIO()
    Console(file=text, width=120).print(table(ROWS))
    assert "order-relay: CPU" in text.getvalue()
    assert "a <script>: CPU" in text.getvalue()
