"""The root: settings, wiring, signals and the command line; the only layer that knows all others."""
