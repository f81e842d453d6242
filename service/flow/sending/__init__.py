"""Who may send now: the holds, the concurrency, the rate budget."""
