"""The pure layer: every rule as a function of its inputs, without I/O, clocks or randomness."""
