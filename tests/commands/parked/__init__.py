"""The commands for what is parked, on a real broker."""
