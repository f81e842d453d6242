"""Checks of what goes out beside the wheel: image, chart, rules, dashboards, pages."""
