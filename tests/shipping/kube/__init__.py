"""The chart on a real API server, built of its Go modules, by `python -m tests.shipping.kube`.

No controller and no node runs beside it: what the server stores is looked at, not what comes of it.
A go.sum lists what is built, no more: `go list -mod=mod -deps tool ./...` in its folder adds what
a new version needs; `go mod tidy` would add what only the tests of other modules need, too.
"""
