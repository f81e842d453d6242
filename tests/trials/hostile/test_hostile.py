"""Bad input in its short form: 300 messages, 300 answers, and every wrong setting."""

import asyncio
from math import inf
from pathlib import Path

import pytest

from tests.edges.api.tls import Authority
from tests.trials.hostile.answering import answer_all
from tests.trials.hostile.answers import UNSURE, Ending, Hostile, many
from tests.trials.hostile.answers_content import CONTENT
from tests.trials.hostile.answers_framing import FRAMING
from tests.trials.hostile.at_once import Felt
from tests.trials.hostile.at_once import judge as judge_felt
from tests.trials.hostile.at_once import run as beside_all
from tests.trials.hostile.at_once_bad import KINDS, neighbours
from tests.trials.hostile.attacks import attacks
from tests.trials.hostile.findings import Findings
from tests.trials.hostile.flood import FAMILIES, flood
from tests.trials.hostile.neighbours import SHORT as SHORT_SIZE
from tests.trials.hostile.neighbours import copies, large_bodies
from tests.trials.hostile.no_right import Seen as SeenWithout
from tests.trials.hostile.no_right import judge as judge_without
from tests.trials.hostile.no_right import no_right
from tests.trials.hostile.reply_queues import (
    Neighbour,
    Seen,
    beside,
    full,
    hung,
    judge,
)
from tests.trials.hostile.settings_table import Wrong, table
from tests.trials.hostile.settings_trial import try_all
from tests.world.broker import VirtualHost

SEED = 20_260
SHORT = 300
SECONDS = 8.0
"""A reply queue that hangs is found out after 6 s."""
PROCESSES = 4
"""How many of the wrong settings get a process of their own: each takes a second."""


def findings(tmp_path: Path, count: int) -> Findings:
    """An empty account that keeps its offending cases with the test."""
    return Findings(count, tmp_path / "offending", print)


@pytest.mark.timeout(600)
async def test_hostile_messages(vhost: VirtualHost, tmp_path: Path) -> None:
    """Good orders among them are placed once; every bad one is answered or parked, none is gone."""
    found = findings(tmp_path, SHORT)
    await flood(vhost, tmp_path, SHORT, SEED, found)
    assert found.clean, found.table()
    assert found.tried["good orders"] == SHORT // 5
    assert len(found.tried) == len(FAMILIES) + 2


@pytest.mark.timeout(600)
async def test_hostile_answers(tmp_path: Path) -> None:
    """None raises, none counts for more than it says, and the next order gets its own answer."""
    found = findings(tmp_path, SHORT)
    cases = list(many((*FRAMING, *CONTENT), SHORT, SEED))
    silent = Hostile(
        "silence", "nothing more comes", (b"HTTP/1.1 200 OK\r\n",), UNSURE, Ending.HANG
    )
    await answer_all([*cases, silent], Authority(tmp_path), found.add)
    assert found.clean, found.table()
    assert found.tried.total() == SHORT + 1
    assert len(found.tried) == len(FRAMING) + len(CONTENT) + 1


def short_table() -> list[Wrong]:
    """All that this process can try, and a few that need one of their own."""
    cases = list(table())
    here = [case for case in cases if case.command == "config"]
    apart = [case for case in cases if case.command != "config"]
    step = max(1, len(apart) // PROCESSES)
    return [*here, *apart[::step][:PROCESSES]]


@pytest.mark.timeout(600)
async def test_wrong_settings(tmp_path: Path) -> None:
    """Each is refused with 78, by name, with the value unless secret, and with what is right."""
    found = findings(tmp_path, 0)
    cases = short_table()
    await asyncio.to_thread(try_all, cases, tmp_path / "tried", found.add)
    assert found.clean, found.table()
    assert found.tried.total() == len(cases) > 500


@pytest.mark.timeout(300)
async def test_large_bodies(vhost: VirtualHost, tmp_path: Path) -> None:
    """More of them than there is memory, and good orders are answered meanwhile."""
    found = await large_bodies(vhost, tmp_path, SHORT_SIZE)
    assert found.problems == (), found.name


@pytest.mark.timeout(300)
async def test_copies(vhost: VirtualHost, tmp_path: Path) -> None:
    """They are more than the prefetch and one hangs; the orders behind them are answered."""
    found = await copies(vhost, tmp_path, SHORT_SIZE)
    assert found.problems == (), found.name


@pytest.mark.timeout(300)
async def test_attacks(vhost: VirtualHost, tmp_path: Path) -> None:
    """They cost neither much memory nor long log lines, and good orders are answered meanwhile."""
    found = await attacks(vhost, tmp_path, SHORT_SIZE)
    assert found.problems == (), found.name


@pytest.mark.timeout(300)
async def test_all_bad_neighbours_at_once(vhost: VirtualHost, tmp_path: Path) -> None:
    """Each of them is felt, and every good order is answered."""
    felt = await beside_all(vhost, tmp_path, SECONDS, neighbours(SECONDS))
    assert list(judge_felt(felt, felt, inf)) == []


def test_what_good_orders_feel_of_others_is_found() -> None:
    """Each line of the verdict, once; an order that has no answer took for ever."""
    without = Felt(sent=2, taken=[0.1, 0.2], happened=set(KINDS))
    assert list(judge_felt(without, without)) == []
    beside = Felt(sent=3, taken=[0.1, 0.2], happened={*KINDS} - {"large"})
    assert str(beside) == "p50 0.20 s, p99 inf s"
    assert list(judge_felt(without, beside)) == [
        "with neighbours 1 of 3 good orders are not accepted",
        "the p99 is inf s longer with neighbours",
        "nothing came of the neighbour 'large'",
    ]
    slower = Felt(sent=2, taken=[0.1, 1.2], happened=set(KINDS))
    assert list(judge_felt(without, slower)) == ["the p99 is 1.00 s longer with neighbours"]


@pytest.mark.timeout(300)
async def test_no_right_to_write_replies(vhost: VirtualHost, tmp_path: Path) -> None:
    """Nothing is placed and little is said without it; with it, all are."""
    found = await no_right(vhost, tmp_path, SHORT, 1.0)
    assert found.problems == (), found.name


def test_what_is_wrong_without_the_right_is_found() -> None:
    """Each line of the verdict, once."""
    wrong = SeenWithout(
        queued=9, seconds=60, calls=1, most_unsettled=129, hold_lines=3, accepted=8, more_than_one=1
    )
    assert list(judge_without(wrong)) == [
        "1 orders were sent whose reply could not be published",
        "129 deliveries were held at a prefetch of 128",
        "3 lines on the hold in 60 s",
        "8 of 9 are accepted once the right is there",
        "1 ids made more than one order",
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("neighbour", [full, hung])
async def test_a_reply_queue_that_takes_none(
    neighbour: Neighbour, vhost: VirtualHost, tmp_path: Path
) -> None:
    """Good orders beside it are answered, its own are sent once, and its replies are kept."""
    found = await beside(neighbour, vhost, tmp_path, SHORT, longest_seconds=inf)
    assert not found.problems


def test_what_is_wrong_beside_a_bad_neighbour_is_found() -> None:
    """Each line of the verdict, once."""
    seen = Seen(
        sent={"good-1": 0.0, "good-2": 0.0, "bad-1": 0.0},
        answered={"good-1": 9.0},
        calls={"good-1": 2, "good-2": 1, "bad-1": 1},
        left=1,
        most_unsettled=129,
        lost=1,
    )
    assert judge(seen) == [
        "1 of 2 good orders have no answer",
        "a good order waited 9.0 s",
        "1 of 1 bad replies are not with the unrouted",
        "1 orders were not sent exactly once",
        "129 deliveries were held at a prefetch of 128",
        "1 requests are left",
        "a connection was lost 1 times",
    ]
    right = Seen(
        sent={"good-1": 0.0, "bad-1": 0.0},
        answered={"good-1": 1.0},
        calls={"good-1": 1, "bad-1": 1},
        unrouted={"bad-1"},
    )
    assert judge(right) == []
