"""The Grafana dashboards as code; `make dashboards` writes the chart's files from it."""
