"""The chart's Grafana dashboards, against samples and a real Prometheus."""
