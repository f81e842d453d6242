"""The chart's values as data: values.yaml, its schema and the README's table are made of them."""
