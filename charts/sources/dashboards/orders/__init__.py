"""The dashboard "Orders", which tells its story from the top."""

from charts.sources.dashboards.orders import api, broker, outcome, process, waiting, well
from charts.sources.dashboards.panel import Board

ORDERS = Board(
    uid="order-relay",
    title="order-relay / Orders",
    description="What becomes of the orders, what they wait for, and whether someone must act.",
    since="now-3h",
    refresh="30s",
    of_queues=True,
    rows=(well.ROW, outcome.ROW, waiting.ROW, api.ROW, broker.ROW, process.ROW),
)
