"""The rules for what is parked."""
