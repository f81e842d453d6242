"""The judge of a chaos run: reads its history, and says which promises were not kept.

It reads nothing else, so that a saved history gets the same verdict again.
"""

from tests.trials.chaos.checker.lives import Kind, Violation
from tests.trials.chaos.checker.story import keep, story
from tests.trials.chaos.checker.verdict import Verdict, check

__all__ = ["Kind", "Verdict", "Violation", "check", "keep", "story"]
