"""Each guard of the relay taken away in turn, to see that a test fails."""
