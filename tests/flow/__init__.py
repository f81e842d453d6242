"""Tests of the flow: one delivery's way and the limits on it, on hand-written fakes."""
