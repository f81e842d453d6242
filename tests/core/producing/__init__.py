"""The tests of `service.core.producing`."""
