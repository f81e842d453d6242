"""What a phase on the cluster is judged by."""

from tests.trials.cluster.results import judge, table


def test_every_order_placed_and_answered_is_good() -> None:
    """An answer may come twice: the producer, or the broker, has tried twice."""
    result = judge("p", ["a", "b"], ["b", "a", "a"], 2, [1.0, 1.5, 4.0])
    assert result.good
    assert (result.lost, result.placed_twice, result.answered_twice) == ((), 0, 1)
    assert result.longest_silence_seconds == 2.5


def test_an_order_without_an_answer_is_lost() -> None:
    """It was confirmed to its producer."""
    result = judge("p", ["a", "b"], ["a"], 2, [])
    assert not result.good
    assert result.lost == ("b",)


def test_an_order_that_is_placed_twice_is_found() -> None:
    """The API has one more than there were request_ids."""
    result = judge("p", ["a", "b"], ["a", "b"], 3, [1.0])
    assert not result.good
    assert result.placed_twice == 1


def test_a_phase_without_orders_says_nothing() -> None:
    """So it is not good."""
    assert not judge("p", [], [], 0, []).good


def test_the_table_has_a_row_for_each_phase() -> None:
    """In its columns."""
    shown = table([judge("stopped", ["a"], ["a"], 1, [1.0, 2.0])] * 2)
    second = [list(column.cells)[1] for column in shown.columns]
    assert second == ["stopped", "1", "0", "0", "0", "1.0 s"]
