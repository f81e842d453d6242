"""Commands for parked messages that are killed at random points."""
