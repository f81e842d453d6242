"""Real relays, a real broker and an API, broken at random; then the histories are joined."""
