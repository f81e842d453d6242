"""The I/O: one package for each outside world, one library in each module."""
