"""The replies that nobody was bound for: looking at them, and delivering them."""
