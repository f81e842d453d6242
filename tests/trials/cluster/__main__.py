"""`make cluster`: a relay on three nodes, each stopped, killed and made the leader."""

import asyncio
import sys

from rich.console import Console

from tests.trials.chaos.brokers import ChaosBroker
from tests.trials.cluster.cut_off import CUT_OFF, left_node
from tests.trials.cluster.hung_queue import one_leader_hung
from tests.trials.cluster.run import PHASES, carry_out, table
from tests.trials.cluster.sharing import leader_hung
from tests.world.broker.cluster import RabbitCluster
from tests.world.commands import carried_out, say, temporary


def main() -> int:
    """The exit code: 1 when an order was lost or placed twice, or there is no cluster."""
    results = []
    with temporary("cluster") as directory, RabbitCluster.start(directory, say=say) as cluster:
        for name, action in PHASES.items():
            with cluster.fresh_vhost() as host, ChaosBroker.prepare(host) as broker:
                results.append(asyncio.run(carry_out(broker, directory, name, action, say)))
        say("the leader of the replicas' stream hung ...")
        shared = asyncio.run(leader_hung(cluster))
        say(f"  {shared}")
        say("the leader of one queue of replies hung ...")
        with cluster.fresh_vhost() as host:
            beside = asyncio.run(one_leader_hung(host))
        say(f"  {beside}")
        # The last: only a new start brings the node back.
        say("a node cut off, with a relay at it ...")
        with cluster.fresh_vhost() as host:
            left = asyncio.run(left_node(host, CUT_OFF))
            cluster.nodes[CUT_OFF].kill()
            cluster.start_again(CUT_OFF)
        say(f"  {left}")
    Console().print(table(results))
    good = [shared.good, beside.good, left.good, *(result.good for result in results)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(carried_out(main))
