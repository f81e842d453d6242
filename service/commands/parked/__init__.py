"""The messages that wait for a person: looking at them, and ending each in one of three ways."""
