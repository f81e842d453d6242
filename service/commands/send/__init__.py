"""Sending orders from the command line, and waiting for their replies."""
