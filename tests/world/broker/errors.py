"""What can go wrong with a node of our own."""


class BrokerError(Exception):
    """The node did not do what was asked; the message holds what it said."""


class NodeFailureError(BrokerError):
    """The node failed at what it can do; it may do it when it is asked again."""
