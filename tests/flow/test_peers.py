"""The rules by which replicas share, one at a time, on a log that is written by hand."""

from dataclasses import replace

import pytest

from service.flow.sending.peers import Peers
from service.flow.sending.periods import COUNTING_LIFE_SECONDS, least_pause_seconds, period_seconds
from service.flow.sending.said import Said, State

BUSY, IDLE, HELD = State(weight=1), State(weight=0.1), State()


class Log:
    """A log that is read by hand; what is written has the next offset."""

    def __init__(self) -> None:
        self.offset = -1

    def write(self, said: Said, *readers: Peers, now: float) -> int:
        """Write a message, which the readers hear at once."""
        self.offset += 1
        for reader in readers:
            reader.heard(said, self.offset, now)
        return self.offset


@pytest.fixture
def log() -> Log:
    """An empty one."""
    return Log()


def _both(log: Log, now: float, *ones: Peers) -> None:
    """Each says that it is busy, and has read what was said so far."""
    for _ in range(2):
        for one in ones:
            log.write(one.say(now, BUSY), *ones, now=now)


def test_one_alone_begins_with_its_first_echo_and_lapses_without(log: Log) -> None:
    """It may send for as long as its own words come back."""
    one = Peers("a")
    assert (one.due(0, BUSY), one.share(0), one.count) == (0, 0, 1)
    said = one.say(0, BUSY)
    assert (said.seen, said.life, one.share(0)) == (-1, 4, 0)
    log.write(said, one, now=0.5)
    assert (one.share(0.5), one.share(3.99), one.due(0.5, BUSY)) == (1, 1, 0.5)
    assert (one.share(4), one.due(4, BUSY)) == (0, 0)
    # What was said before it lapsed begins nothing: others may have forgotten it.
    late = one.say(3.9, BUSY)
    log.write(late, one, now=8)
    assert one.share(8) == 0
    log.write(one.say(8, BUSY), one, now=8.1)
    assert one.share(8.1) == 1


def test_a_newcomer_waits_until_all_have_read_of_it(log: Log) -> None:
    """And from then on the others leave it its part; it is answered within 50 ms."""
    one, two = Peers("a"), Peers("b")
    log.write(one.say(0, BUSY), one, two, now=0.0)
    log.write(two.say(0.3, BUSY), one, two, now=0.3)
    assert (one.share(0.3), two.share(0.3), one.count, two.count) == (0.5, 0, 2, 2)
    assert one.due(0.3, BUSY) == pytest.approx(0.05)
    log.write(one.say(0.35, BUSY), one, two, now=0.35)
    assert (one.share(0.35), two.share(0.35)) == (0.5, 0.5)
    assert one.due(0.35, BUSY) == pytest.approx(1)


def test_a_greater_weight_counts_when_all_have_read_of_it_and_a_lesser_at_once(log: Log) -> None:
    """The same weight again is another announcement: the echo of the first says nothing of it."""
    one, two = Peers("a"), Peers("b")
    _both(log, 0, one, two)
    log.write(two.say(1, IDLE), one, two, now=1)
    log.write(one.say(1, BUSY), one, two, now=1)
    assert one.share(1) == pytest.approx(1 / 1.1)
    assert two.share(1) == pytest.approx(0.1 / 1.1)
    assert two.due(1.2, BUSY) == 0
    first = two.say(2, BUSY)
    lesser = two.say(2, IDLE)
    again = two.say(2, BUSY)
    log.write(first, one, two, now=2)
    log.write(one.say(2, BUSY), one, two, now=2)
    assert two.share(2) == pytest.approx(0.1 / 1.1)
    log.write(lesser, one, two, now=2)
    log.write(again, one, two, now=2)
    log.write(one.say(2, BUSY), one, two, now=2)
    assert two.share(2) == one.share(2) == 0.5


def test_one_alone_has_everything_also_while_it_wakes(log: Log) -> None:
    """Nobody else has less by what it only asks for."""
    one = Peers("a")
    log.write(one.say(0, IDLE), one, now=0)
    one.say(0.5, BUSY)
    assert one.share(0.5) == 1


def test_a_silent_one_is_forgotten_in_the_order_of_the_log(log: Log) -> None:
    """Not by the clock: its words may lie before one's own echo, unread."""
    one, two = Peers("a"), Peers("b")
    _both(log, 0, one, two)
    early, late = one.say(3.9, BUSY), one.say(4.1, BUSY)
    log.write(early, one, now=30)
    assert one.count == 2
    log.write(late, one, now=30)
    assert one.count == 1


def test_a_bye_counts_at_once(log: Log) -> None:
    """The one that says it has sent its last call."""
    one, two = Peers("a"), Peers("b")
    _both(log, 0, one, two)
    bye = two.say(0.5, BUSY, bye=True)
    log.write(bye, one, two, now=0.5)
    assert (one.share(0.5), one.count, two.share(0.5)) == (1, 1, 0)
    assert (bye.weight, bye.bye) == (0, True)


def test_one_that_is_held_leaves_its_part_to_the_others(log: Log) -> None:
    """It is known all the same, and where all are held nobody has a share."""
    one, two = Peers("a"), Peers("b")
    _both(log, 0, one, two)
    log.write(two.say(1, HELD), one, two, now=1)
    assert (one.share(1), two.share(1), one.count) == (1, 0, 2)
    log.write(one.say(1, HELD), one, two, now=1)
    assert (one.share(1), two.share(1)) == (0, 0)


def test_who_probes_for_all_has_orders_and_the_lowest_name(log: Log) -> None:
    """One that is idle does not, where another has orders."""
    one, two, three = Peers("a"), Peers("b"), Peers("c")
    assert not one.leads(0)
    _both(log, 0, one, two, three)
    assert [each.leads(0) for each in (one, two, three)] == [True, False, False]
    for each, state in ((one, IDLE), (two, BUSY), (three, BUSY)):
        log.write(each.say(1, state), one, two, three, now=1)
    assert [each.leads(1) for each in (one, two, three)] == [False, True, False]


def test_a_life_that_grows_shorter_counts_at_once(log: Log) -> None:
    """Others have read of it perhaps, and forget this one so much sooner."""
    lives = iter((10.0, 1.0))
    one = Peers("a", lambda _: next(lives, 1.0))
    log.write(one.say(0, BUSY), one, now=0)
    assert one.share(20) == 1
    one.say(20, BUSY)
    assert (one.share(23.9), one.share(24)) == (1, 0)


def test_what_was_overtaken_or_read_before_changes_nothing(log: Log) -> None:
    """A message of an older connection may land late, and a reader begin further back."""
    one, two = Peers("a"), Peers("b")
    _both(log, 0, one, two)
    older, newer = two.say(1, IDLE), two.say(1, BUSY)
    offset = log.write(newer, one, now=1)
    log.write(older, one, now=1)
    assert one.share(1) == 0.5
    one.heard(replace(newer, weight=0.3, at=5), offset, 1)
    assert one.share(1) == 0.5


def test_a_log_that_was_made_again_is_read_from_its_beginning(log: Log) -> None:
    """All that was said to be read is of the old one."""
    one, two = Peers("a"), Peers("b")
    _both(log, 0, one, two)
    new = Log()
    new.write(one.say(1, BUSY), one, now=1)
    assert (one.share(1), one.count) == (0, 2)
    new.write(one.say(1, BUSY), one, now=1)
    # It has read four messages of the old log, and none of this one.
    new.write(two.say(1, BUSY), one, two, now=1)
    assert one.share(1) == 0
    new.write(one.say(1, BUSY), one, two, now=1)
    new.write(two.say(1, BUSY), one, two, now=1)
    new.write(two.say(1, BUSY), one, two, now=1)
    assert one.share(1) == 0.5


@pytest.mark.parametrize(
    ("peers", "seconds"), [(1, 1), (3, 1), (10, 1), (11, 3), (30, 3), (100, 5), (101, 12)]
)
def test_the_more_there_are_the_rarer_each_speaks(peers: int, seconds: float) -> None:
    """All read what all say; and the longest life is within the minute that the stream keeps."""
    assert period_seconds(peers) == seconds


def test_answers_are_bounded(log: Log) -> None:
    """Weights that come and go do not make everybody talk all the time."""
    one, two = Peers("a"), Peers("b")
    _both(log, 0, one, two)
    log.write(two.say(0.01, IDLE), one, now=0.01)
    log.write(two.say(0.02, BUSY), one, now=0.02)
    assert one.due(0.02, BUSY) == pytest.approx(0.105)


def test_one_that_cannot_read_has_its_part_and_is_not_waited_for(log: Log) -> None:
    """Neither to begin nor to probe; it takes by the number of consumers what is left to it."""
    one, counting = Peers("b"), Peers("a")
    said = counting.counting(0, IDLE)
    assert (said.weight, said.counts) == (1, True)
    log.write(said, one, now=0)
    log.write(one.say(0, BUSY), one, now=0)
    assert (one.share(0), one.count, one.leads(0)) == (0.5, 2, True)
    two = Peers("c")
    log.write(counting.counting(1, BUSY), one, two, now=1)
    _both(log, 1, one, two)
    assert one.share(1) == two.share(1) == pytest.approx(1 / 3)
    log.write(one.say(COUNTING_LIFE_SECONDS + 1, BUSY), one, now=COUNTING_LIFE_SECONDS + 1)
    assert one.count == 1


def test_one_that_can_read_again_begins_like_any_other(log: Log) -> None:
    """What it had before it could not is over, and so is its word of that with its next one."""
    one, two = Peers("a"), Peers("b")
    _both(log, 0, one, two)
    assert two.share(0) == 0.5
    log.write(two.counting(0, BUSY), one, two, now=0)
    assert (one.share(0), two.share(0)) == (0.5, 0)
    _both(log, 1, one, two)
    assert (one.share(1), two.share(1)) == (0.5, 0.5)
    assert one.leads(1)


@pytest.mark.parametrize(
    ("peers", "seconds"), [(3, 0.125), (10, 0.125), (30, 0.375), (100, 2), (101, 2.0402), (300, 12)]
)
def test_the_more_there_are_the_rarer_each_answers(peers: int, seconds: float) -> None:
    """All read what all answer: where all start at once, the broker would do nothing else."""
    assert least_pause_seconds(peers, period_seconds(peers)) == pytest.approx(seconds)
