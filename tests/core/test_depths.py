"""What a broker's answer says of a queue that is to be held whole."""

import pytest

from service.core.depths import Left, left


@pytest.mark.parametrize(
    ("ready", "consumers", "ours", "said"),
    [
        (0, 1, 1, Left.NONE),
        (7, 1, 1, Left.SOME),
        (0, 2, 2, Left.NONE),
        (0, 2, 1, Left.OTHERS_TAKE),
        (7, 2, 1, Left.OTHERS_TAKE),
        # We consume, so that it cannot be: its leader did not answer the broker in time.
        (0, 0, 1, Left.UNTOLD),
    ],
)
def test_an_empty_queue_is_one_whose_leader_said_so(
    ready: int, consumers: int, ours: int, said: Left
) -> None:
    """Else a list of a hundred thousand on a busy machine would end in the middle."""
    assert left(ready, consumers, ours) is said
