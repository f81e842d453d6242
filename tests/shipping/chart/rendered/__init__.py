"""What helm makes of the chart: run by `make chart` only, for it takes minutes."""
