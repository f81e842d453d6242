"""The chart on a real API server: run by `make kube` only, for it needs one."""
