"""How often replicas speak, and how long what they say counts: all read what all say."""

PERIODS_IN_A_LIFE = 4
LONGEST_LIFE_SECONDS = 48.0
READ_BACK_SECONDS = 60
"""More than anybody's life: who begins must have heard everyone who may send. The log keeps it."""

COUNTING_LIFE_SECONDS = 20.0
"""Of one that cannot read: it says so at each try, which is every few seconds."""

ANSWER_SECONDS = 0.05
"""So soon after a newcomer or a greater weight was read, the reader says that it was."""

MOST_DELIVERED_PER_SECOND = 5_000
"""However many come at once: everyone answers everyone, and everyone reads that, n x n times."""

_PERIODS = ((10, 1.0), (30, 3.0), (100, 5.0))


def period_seconds(peers: int) -> float:
    """How often each of `peers` replicas says something: all read what all say."""
    longest = LONGEST_LIFE_SECONDS / PERIODS_IN_A_LIFE
    return next((seconds for most, seconds in _PERIODS if peers <= most), longest)


def least_pause_seconds(peers: int, period: float) -> float:
    """How long each of `peers` replicas that speak every `period` waits before it answers again."""
    return min(period, max(period / 8, peers * peers / MOST_DELIVERED_PER_SECOND))
