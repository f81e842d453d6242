"""The bench: what the relay does in a second and how long an order takes, in one run."""
