"""What the relay tells the people who run it: metrics and log lines, both made from events."""
