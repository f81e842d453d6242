"""`order-relay top`: what the metrics of some relays say, for a person at a terminal."""
