"""How many more deliveries a consumer may bring: what is held counts, whoever brought it.

A consumer's prefetch counts its own deliveries only. One that follows another on the same
connection would bring as many again while those of the first are still held, and the prefetch
would bound nothing. So it begins with what is left, and another one is added as room comes free.
"""


class Windows:
    """The consumers of one session: `live` is what those may hold that have not been cancelled."""

    def __init__(self) -> None:
        self.live = 0
        self.wanted = 0
        self.generation = 0
        self._held: dict[int, int] = {}

    def room(self, wanted: int, most: int) -> int:
        """How many more a new consumer may bring, where `wanted` is to be held at a time.

        In a hold one is wanted, whatever of the `most` is held: else nobody new could be asked.
        A small room waits until it is a quarter: each consumer more costs the broker something, and
        counts as another process where processes are told by their consumers.
        """
        self.wanted = wanted
        before = sum(self._held.values()) - self._held.get(self.generation, 0)
        room = min(wanted, (most if wanted == 1 else wanted) - before) - self.live
        small = room < wanted // 4 and (before or self.live)
        return 0 if small else max(0, room)

    def opened(self, prefetch: int) -> None:
        """A consumer with this prefetch begins."""
        self.live += prefetch

    def cancelled(self) -> None:
        """All consumers have been cancelled; what they brought stays held."""
        self.live = 0
        self.generation += 1

    def brought(self, generation: int) -> None:
        """A consumer of this generation has brought a delivery."""
        self._held[generation] = self._held.get(generation, 0) + 1

    def settled(self, generation: int) -> bool:
        """A delivery is settled; whether that makes room for a new consumer."""
        left = self._held.get(generation, 1) - 1
        self._held[generation] = left
        if not left:
            del self._held[generation]
        return generation != self.generation
