"""The contract's table of metrics, as data."""

TABLE = """
| `order_relay_deliveries_total` | counter | `redelivered` |
| `order_relay_settled_total` | counter | `settlement` |
| `order_relay_replies_total` | counter | `status`, `code` |
| `order_relay_api_requests_total` | counter | `outcome` |
| `order_relay_api_request_duration_seconds` | histogram | `outcome` |
| `order_relay_order_duration_seconds` | histogram | `status` |
| `order_relay_publish_duration_seconds` | histogram | `kind` |
| `order_relay_retries_total` | counter | `outcome`, `delay_seconds` |
| `order_relay_in_flight` | gauge | |
| `order_relay_oldest_order_age_seconds` | gauge | |
| `order_relay_concurrency_limit` | gauge | |
| `order_relay_rate_limit_per_second` | gauge | |
| `order_relay_budget_per_second` | gauge | `source` |
| `order_relay_peers` | gauge | |
| `order_relay_held` | gauge | `reason` |
| `order_relay_broker_connected` | gauge | `connection` |
| `order_relay_broker_reconnects_total` | counter | `connection`, `cause` |
| `order_relay_event_loop_lag_seconds` | histogram | |
| `order_relay_log_lines_dropped_total` | counter | |
| `order_relay_memory_limit_bytes` | gauge | |
| `order_relay_build_info` | info | `version`, `python` |
"""


def rows() -> dict[str, tuple[str, set[str]]]:
    """Type and labels of each metric, by name."""
    table = {}
    for line in TABLE.strip().splitlines():
        name, kind, labels = (cell.strip() for cell in line.strip("|").split("|"))
        table[name.strip("`")] = (kind, {label.strip("` ") for label in labels.split(",")} - {""})
    return table
