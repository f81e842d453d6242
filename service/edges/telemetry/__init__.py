"""Metrics and log lines, both made from events."""
