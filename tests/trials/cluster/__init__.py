"""A relay on a cluster of three nodes, of which one at a time is away or loses its leaders."""
