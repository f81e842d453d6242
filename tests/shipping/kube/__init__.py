"""The chart on a real API server, built of its Go modules, by `python -m tests.shipping.kube`.

No controller and no node runs beside it: what the server stores is looked at, not what comes of it.
A go.sum lists what is built and no more: in its folder `go list -mod=mod -deps tool ./...` adds what
a new version needs, where `go mod tidy` would also add what only the tests of others need.
"""
