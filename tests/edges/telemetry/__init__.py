"""Metrics and log lines: what every event does to them, and what they withstand."""
