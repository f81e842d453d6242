"""The tests of the edges, each against the real outside or a server of its own."""
