"""What can go wrong with a node of our own."""


class BrokerError(Exception):
    """The node did not do what was asked; the message holds what it said."""
