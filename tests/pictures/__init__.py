"""Pictures of the dashboards, drawn by Grafana's own panels; `python -m tests.pictures` makes them."""
