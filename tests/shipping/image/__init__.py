"""The container image: built, looked into and run for real, by `python -m tests.shipping.image`.

`make test` builds none, so there the tests that need one are skipped.
"""
