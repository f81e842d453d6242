"""Pictures of the dashboards, by Grafana's own panels; `make pictures` makes them."""
