"""Pictures of the dashboards, by Grafana's own panels; `python -m tests.pictures` makes them."""
