"""A message id that is there and empty, for messages that have none.

aiormq makes up an id where there is none, and a parked copy with it could be put back and ordered:
a message without an id must stay one. It cannot be left out either, because aiormq tells a returned
message by its id, and one without would count as confirmed. An empty one serves both.
"""


class _WithoutId(str):
    """Empty on the wire and as a key; true and unlike "" where a library asks for its absence."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        # pamqp leaves out what equals "".
        return True

    def __hash__(self) -> int:
        return str.__hash__(self)


WITHOUT_ID = _WithoutId()
