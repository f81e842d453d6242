"""A server that ends it in every phase, in every manner: what is certainly unsent, what is not."""

from enum import Enum

import pytest

from service.core.outcome import Lost
from tests.edges.api.clients import ANSWER, FORM, SHORT_SECONDS, against
from tests.edges.api.server import Peer, answer
from tests.edges.api.tls import Authority


class Point(Enum):
    """How far the server lets it come."""

    HEAD = "the head of the request"
    REQUEST = "the whole request"
    LINE = "a part of the answer's head"
    ANSWER_HEAD = "the answer's head"
    HALF = "a part of the answer"


class Manner(Enum):
    """How the server then ends it."""

    CLOSE = "close"
    RESET = "reset"
    STALL = "stall"


SAID = {
    Point.HEAD: b"",
    Point.REQUEST: b"",
    Point.LINE: answer(ANSWER)[:20],
    Point.ANSWER_HEAD: answer(ANSWER)[: -len(ANSWER)],
    Point.HALF: answer(ANSWER)[:-1],
}
STARTED = {Point.ANSWER_HEAD, Point.HALF}


def reason(point: Point, manner: Manner) -> str:
    """What a person reads."""
    match manner:
        case Manner.STALL:
            return "read timed out"
        case Manner.RESET:
            return "connection reset"
        case Manner.CLOSE if point in STARTED:
            return "connection closed in the middle of the answer"
        case Manner.CLOSE:
            return "connection closed before an answer"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("manner", Manner)
@pytest.mark.parametrize("point", Point)
async def test_from_the_first_byte_on_an_order_may_exist(
    authority: Authority, point: Point, manner: Manner, scheme: str
) -> None:
    """The result is Lost, its reason says how far it came, and the connection is closed."""

    async def behave(peer: Peer) -> None:
        await (peer.head() if point is Point.HEAD else peer.request())
        await peer.send(SAID[point])
        match manner:
            case Manner.CLOSE:
                peer.writer.write_eof() if scheme == "http" else peer.writer.close()
            case Manner.RESET:
                peer.reset()
                return
            case Manner.STALL:
                pass
        await peer.hung_up()

    tls = authority.server() if scheme == "https" else None
    seconds = SHORT_SECONDS if manner is Manner.STALL else 10.0
    async with against(behave, tls, authority=authority, timeout_seconds=seconds) as (server, api):
        assert await api.submit(FORM) == Lost(reason(point, manner))
        await server.peers[0].ended()
