"""Replicas side by side on a simulated clock: real gates and relays, one API, queue and stream."""
