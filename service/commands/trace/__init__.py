"""Where an order is, since when, and what happens next."""
