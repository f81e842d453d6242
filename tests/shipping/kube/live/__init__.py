"""The chart on a real API server: run in .venv-chart, by `make kube`."""
