"""One hold for several doubts."""

from service.edges.amqp.holding import Doubt, Holding


def test_the_hold_lasts_until_no_doubt_is_left() -> None:
    """What is told is the first of them, and changes with what is known."""
    log: list[str] = []
    holding = Holding(log.append, lambda: log.append("lift"))
    holding.end(Doubt.UNPROVEN)
    holding.begin(Doubt.UNPROVEN, "down")
    holding.begin(Doubt.BLOCKED, "blocked")
    holding.begin(Doubt.UNPROVEN, "no right")
    assert holding.why(Doubt.UNPROVEN) == "no right"
    holding.end(Doubt.BLOCKED)
    holding.end(Doubt.BLOCKED)
    holding.end(Doubt.UNPROVEN)
    assert log == ["down", "blocked", "blocked", "no right", "lift"]
    assert holding.why(Doubt.UNPROVEN) is None
