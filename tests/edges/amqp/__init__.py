"""The broker edge on a real broker."""
