"""The chart on a real API server, built of its Go modules, by `python -m tests.shipping.kube`.

No controller and no node runs beside it: what the server stores is looked at, not what comes of it.
"""
