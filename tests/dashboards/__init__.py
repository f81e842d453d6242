"""The Grafana dashboards of the chart as code; `python -m tests.dashboards` writes them."""
