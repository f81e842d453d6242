"""The process: whether it has what it needs."""

from charts.sources.dashboards.orders.outcome import QUANTILES
from charts.sources.dashboards.panel import Query, Shape, graph, row
from charts.sources.dashboards.promql import (
    PROCESS,
    WINDOW,
    known,
    limit,
    of_relay,
    process,
    quantile,
)

_CPU = (
    f"(rate({of_relay('process_cpu_seconds_total')}[{WINDOW}])"
    f" and on ({PROCESS}) {of_relay('order_relay_build_info')})"
)
_RESTARTS = (
    f"sum (changes({of_relay('process_start_time_seconds')}[{WINDOW}])"
    f" and on ({PROCESS}) {of_relay('order_relay_build_info')})"
)
_NEW = (
    f"count ({of_relay('order_relay_build_info')} unless on ({PROCESS})"
    f" {of_relay('order_relay_build_info')} offset {WINDOW}) or vector(0)"
)

ROW = row(
    "The process",
    graph(
        "Event loop lag",
        "How much later than asked the event loops of the relays wake up.",
        "milliseconds.",
        "the process does not get the CPU that it needs: raise its request, or add replicas.",
        "OrderRelayEventLoopLag",
        *(
            Query(known(quantile(share, "order_relay_event_loop_lag_seconds")), legend)
            for share, legend in QUANTILES
        ),
        unit="s",
    ),
    graph(
        "CPU",
        "What the busiest relay and the average one use of a core.",
        "under 80 %: one process cannot use more than one core.",
        "add replicas before the busiest one reaches a whole core.",
        "OrderRelayEventLoopLag",
        Query(f"max ({_CPU})", "largest"),
        Query(f"avg ({_CPU})", "average"),
        unit="percentunit",
    ),
    graph(
        "Memory against the limit",
        "What the largest relay has in memory, and the smallest limit of any.",
        "level after the first hour, and under 80 % of the limit.",
        "if it grows without end, take a heap profile and restart; else raise the limit.",
        "OrderRelayMemoryNearLimit",
        Query(f"max ({process('process_resident_memory_bytes')})", "largest"),
        Query(limit("order_relay_memory_limit_bytes"), "limit"),
        unit="bytes",
    ),
    graph(
        "Restarts",
        "Relays that began anew at the address of an earlier one, and those at a new one.",
        "none, but for deployments, and for new relays where their number grows.",
        "the log's last lines say why a relay ended; a kernel that ends it says nothing: look"
        " at the memory.",
        "OrderRelayAbsent",
        Query(_RESTARTS, "restarts"),
        Query(_NEW, "new relays"),
        shape=Shape.BARS,
        decimals=0,
        width=12,
    ),
    graph(
        "Open files",
        "Files and sockets of the relay that has the most, and the smallest limit of any.",
        "about the concurrency, and level.",
        "if they grow without end, connections are not closed: note the time and restart.",
        "OrderRelayReconnectStorm",
        Query(f"max ({process('process_open_fds')})", "largest"),
        Query(f"min ({process('process_max_fds')})", "limit"),
        width=12,
    ),
)
