"""How long the attempts of a while took, as their logarithms: pure."""

from math import inf, log

FEWEST_ATTEMPTS = 4
"""Of a sample; before, none of them is odd."""

ODD = 1.0
"""An attempt so far from the others (of logarithms) is odd: the API may have changed."""

LEAST_SECONDS = 1e-6


class Sample:
    """The logarithms of latencies: a few that are ten times slower must not decide."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.answered = self.failed = self.used = self.odd = 0
        self._sum = self._squares = 0.0

    @property
    def attempts(self) -> int:
        """How many ended."""
        return self.answered + self.failed

    @property
    def latency(self) -> float:
        """The mean of the logarithms of seconds."""
        return self._sum / self.answered

    @property
    def error(self) -> float:
        """The standard error of `latency`."""
        if self.answered < 2:  # noqa: PLR2004 - one has none
            return inf
        squares = max(0.0, self._squares - self._sum**2 / self.answered)
        return float(squares**0.5 / self.answered)

    def add(self, seconds: float) -> None:
        """Count an attempt that was answered after `seconds`."""
        value = log(max(seconds, LEAST_SECONDS))
        few = self.answered < FEWEST_ATTEMPTS
        self.odd = 0 if few or abs(value - self.latency) < ODD else self.odd + 1
        self.answered += 1
        self._sum += value
        self._squares += value * value
