"""The tests of what producers use."""
