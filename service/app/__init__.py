"""The root: settings, wiring, signals, command line; the only layer that knows all others."""
