"""The demo: every kind of order goes through a real relay, and each ending is checked."""
