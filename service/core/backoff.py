"""How long to wait before the next attempt: full jitter under a ceiling that grows by tiers.

After AWS's "Exponential Backoff And Jitter". The jitter, in [0, 1), comes from the caller.
"""

from collections.abc import Sequence


def ceiling_seconds(tiers: Sequence[int], retries: int) -> int:
    """The longest wait after `retries` earlier waits: one tier each, then always the last one."""
    return tiers[min(retries, len(tiers) - 1)]


def full_jitter(ceiling: float, jitter: float) -> float:
    """A wait anywhere below `ceiling`: orders that failed together are not retried together."""
    return ceiling * jitter


def tier_for(tiers: Sequence[int], seconds: float) -> int:
    """The shortest waiting tier that lasts at least `seconds`; the last one where none does."""
    return next((tier for tier in tiers if tier >= seconds), tiers[-1])
