"""What breaks, loads or measures the relay on purpose; each has a short form in the suite."""
