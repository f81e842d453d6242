"""A log that replicas share, in simulated time, with all that can befall it and them."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from math import inf

from service.flow.sending.peers import Peers
from service.flow.sending.periods import READ_BACK_SECONDS, period_seconds
from service.flow.sending.said import Said, State

RTT_SECONDS = 0.01
EPSILON = 1e-6

Make = Callable[..., Peers]


@dataclass(eq=False)
class Replica:
    """A process: its rules, its clock, how far it has read, and what is wrong with it."""

    peers: Peers
    clock_offset: float
    position: int
    weight: float = 1.0
    alive: bool = True
    paused_until: float = 0.0
    deaf_until: float = 0.0
    mute_until: float = 0.0
    lag: float = RTT_SECONDS
    most: float = 0.0
    wake_at: float = inf
    read_at: float = inf


class SharedLog:
    """Replicas around one log, in simulated time; `worst` is the greatest sum of shares so far."""

    def __init__(self, seed: int, make: Make = Peers) -> None:
        self.random = random.Random(seed)
        self.make = make
        self.now = 0.0
        self.log: list[tuple[float, Said]] = []
        self.replicas: list[Replica] = []
        self.worst = 0.0
        self.calm_since = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def at(self, when: float, what: Callable[[], None]) -> None:
        """Let something happen at a time."""
        heapq.heappush(self._events, (when, next(self._numbers), what))

    def run(self, until: float) -> None:
        """Let everything happen that is due until then."""
        while self._events and self._events[0][0] <= until:
            self.now, _, what = heapq.heappop(self._events)
            what()
        self.now = until

    def start(self, period: Callable[[int], float] = period_seconds) -> Replica:
        """One more process."""
        position = len(self.log)
        while position and self.log[position - 1][0] >= self.now - READ_BACK_SECONDS:
            position -= 1
        name = f"{self.random.random():.6f}"
        replica = Replica(self.make(name, period), self.random.uniform(0, 1000), position)
        self.replicas.append(replica)
        self._wake(replica)
        self._plan_reading(replica, self.now + EPSILON)
        return replica

    def kill(self, replica: Replica) -> None:
        """A process ends without a word; what it has on its way may still land."""
        replica.alive = False
        self.replicas.remove(replica)

    def leave(self, replica: Replica) -> None:
        """A process ends in good order."""
        said = replica.peers.say(self.local(replica), State(), bye=True)
        self._publish(replica, said)
        self.kill(replica)

    def reconnect(self, replica: Replica) -> None:
        """Read again from further back, and leave what was on its way on the old connection."""
        replica.position = max(0, replica.position - self.random.randrange(20))
        self._plan_reading(replica, self.now + RTT_SECONDS)

    def blind(self, replica: Replica, until: float) -> None:
        """It cannot read until then, and says so."""
        replica.deaf_until = until
        self._publish(replica, replica.peers.counting(self.local(replica), State()))

    def weigh(self, replica: Replica, weight: float) -> None:
        """Orders came, or went."""
        replica.weight = weight
        if replica.alive:
            self._plan(replica)

    def local(self, replica: Replica) -> float:
        """The replica's own clock."""
        return self.now + replica.clock_offset

    def shares(self) -> float:
        """What all that run may send together now."""
        running = (one for one in self.replicas if one.paused_until <= self.now)
        return sum(one.peers.share(self.local(one)) for one in running)

    def check(self, replica: Replica) -> None:
        """Keep the greatest sum, of which only this replica's part can have grown."""
        replica.most = replica.peers.share(self.local(replica))
        # Those of the others only shrink with time: it is summed up where they could be too much.
        if sum(one.most for one in self.replicas) > self.worst:
            for one in self.replicas:
                one.most = one.peers.share(self.local(one))
            self.worst = max(self.worst, self.shares())

    def _wake(self, replica: Replica) -> None:
        """Say what is due."""
        local = self.local(replica)
        if replica.peers.due(local, State(weight=replica.weight)) <= EPSILON:
            said = replica.peers.say(local, State(weight=replica.weight))
            self._publish(replica, said)
            self.check(replica)
        self._plan(replica)

    def _plan(self, replica: Replica) -> None:
        """Come again when something is due, or may have lapsed unseen."""
        seconds = replica.peers.due(self.local(replica), State(weight=replica.weight))
        when = max(replica.paused_until, self.now + max(seconds, EPSILON))
        if not self.now < replica.wake_at <= when:
            replica.wake_at = when
            self.at(when, lambda: self._on(replica, "wake_at", when, self._wake))

    def _plan_reading(self, replica: Replica, when: float) -> None:
        """Read what is written now when it has come."""
        when = max(when, replica.paused_until, replica.deaf_until)
        if not self.now < replica.read_at <= when:
            replica.read_at = when
            self.at(when, lambda: self._on(replica, "read_at", when, self._read))

    def _on(self, replica: Replica, what: str, when: float, do: Callable[[Replica], None]) -> None:
        if not replica.alive or getattr(replica, what) != when:
            return
        setattr(replica, what, inf)
        standing = max(replica.paused_until, replica.deaf_until if what == "read_at" else 0.0)
        if standing > self.now:
            setattr(replica, what, standing)
            self.at(standing, lambda: self._on(replica, what, standing, do))
        else:
            do(replica)

    def _publish(self, replica: Replica, said: Said) -> None:
        way = self.random.expovariate(1 / RTT_SECONDS)
        if replica.mute_until > self.now:
            match self.random.randrange(3):
                case 0:
                    return
                case 1:
                    way += replica.mute_until - self.now
                case _:
                    way += self.random.uniform(0, 10)
        begun_at = self.now
        self.at(self.now + way, lambda: self._append(said, begun_at))

    def _append(self, said: Said, begun_at: float) -> None:
        if begun_at < self.calm_since:
            return
        self.log.append((self.now, said))
        for replica in self.replicas:
            self._plan_reading(replica, self.now + replica.lag)

    def _read(self, replica: Replica) -> None:
        """Hear what is in the log and has had the time to come."""
        while replica.position < len(self.log):
            written, said = self.log[replica.position]
            if written + replica.lag > self.now + EPSILON:
                self._plan_reading(replica, written + replica.lag)
                break
            replica.peers.heard(said, replica.position, self.local(replica))
            replica.position += 1
            self.check(replica)
        self._plan(replica)
