"""`order-relay doctor`: what would keep orders from flowing, found before it does."""
