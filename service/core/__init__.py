"""The pure layer: every rule of the relay as a function of its inputs, without I/O, clocks or chance."""
