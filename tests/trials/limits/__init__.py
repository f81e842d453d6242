"""How relays use a limited API, side by side with what else is written to limit calls."""
