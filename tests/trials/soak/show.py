"""What a person sees of a soak: a bar on a terminal, a line for each tenth elsewhere, a table."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from tests.trials.soak.report import Report, Sample
from tests.trials.soak.run import Watch
from tests.world.commands import say, table_of


class _Rate(ProgressColumn):
    """Orders a second, as rich estimates them."""

    def render(self, task: Task) -> Text:
        """The rate, or a dash while there is none."""
        speed = task.finished_speed or task.speed
        return Text("-" if speed is None else f"{speed:,.0f}/s")


@contextmanager
def screen(console: Console, orders: int) -> Iterator[Watch]:
    """Shows the soak inside the block: as a bar, or where there is no terminal in lines."""
    columns = (TextColumn("orders"), BarColumn(), MofNCompleteColumn(), _Rate())
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("orders", total=orders)

        def show(replied: int, sample: Sample | None) -> None:
            progress.update(task, completed=replied)
            if sample is not None and not console.is_terminal:
                rate = sample.orders / sample.seconds
                say(
                    f"{sample.orders} of {orders} orders replied, {rate:.0f}/s,"
                    f" {sample.resident_kib / 1024:.1f} MiB,"
                    f" about {(orders - sample.orders) / rate:.0f} s left"
                )

        yield show


def table(report: Report) -> Table:
    """The relay at each tenth."""
    shown = table_of("orders", "orders/s", "CPU µs/order", "RSS MiB", "backlog")
    before = Sample(orders=0, seconds=0, resident_kib=0, cpu_seconds=0, backlog=0)
    for sample in report.samples:
        orders = max(1, sample.orders - before.orders)
        seconds = max(1e-9, sample.seconds - before.seconds)
        shown.add_row(
            f"{sample.orders:,}",
            f"{orders / seconds:,.0f}",
            f"{(sample.cpu_seconds - before.cpu_seconds) / orders * 1e6:,.0f}",
            f"{sample.resident_kib / 1024:.2f}",
            f"{sample.backlog:,}",
        )
        before = sample
    return shown


def summary(report: Report) -> list[str]:
    """The soak in sentences, the problems last."""
    statuses = ", ".join(f"{count} {status}" for status, count in report.statuses.items())
    left, ledger = sum(report.queues.values()), report.ledger
    cpu = f"{report.cpu_microseconds_per_order:.0f} µs of the relay's CPU for each"
    return [
        f"replies: {report.replies} to {report.orders} orders ({statuses})",
        f"replies more than once: {report.duplicates}",
        f"ledger: {ledger['orders']} orders of {ledger['request_ids']} request_ids",
        f"calls of the API: {report.calls}",
        f"messages left: {left} in {len(report.queues)} queues",
        f"rate: {report.orders_per_second:.0f} orders/s in {report.seconds:.1f} s, {cpu}",
        f"memory: {report.growth_kib / 1024:+.2f} MiB since the first tenth",
        *(f"WRONG: {problem}" for problem in report.problems),
        *([] if report.problems else ["All is well."]),
    ]
