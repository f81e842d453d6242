"""The I/O: one package for each side of the outside world, one library in each."""
