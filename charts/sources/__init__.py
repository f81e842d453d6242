"""What the chart's values, schema and dashboards are written from."""
