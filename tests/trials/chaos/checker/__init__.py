"""The judge of a chaos run: reads its history, and says which promises were not kept.

It reads nothing else, so that a saved history gets the same verdict again.
"""

from tests.trials.chaos.checker.keep import keep
from tests.trials.chaos.checker.story import story
from tests.trials.chaos.checker.verdict import Verdict, check
from tests.trials.chaos.checker.violation import Kind, Violation

__all__ = ["Kind", "Verdict", "Violation", "check", "keep", "story"]
