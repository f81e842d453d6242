"""What helm makes of the chart: run in .venv-chart, by `make chart`."""
