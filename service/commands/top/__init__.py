"""`order-relay top`: what the metrics of some relays say, for a person at a terminal.

Scrapes come in, a view of closed types is made of them, and one module draws it. The relay itself
imports nothing of this.
"""
