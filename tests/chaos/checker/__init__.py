"""The judge of a chaos run: reads its history, and says which promises were not kept.

It reads nothing else, so that a saved history gets the same verdict again.
"""

from tests.chaos.checker.keep import keep
from tests.chaos.checker.story import story
from tests.chaos.checker.verdict import Verdict, check
from tests.chaos.checker.violation import Kind, Violation

__all__ = ["Kind", "Verdict", "Violation", "check", "keep", "story"]
