"""The formulas of `docs/capacity.md` beside what real relays do at an API of a known latency."""
