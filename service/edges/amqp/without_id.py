"""An empty message id, for messages that have none.

aiormq generates an id where there is none, and a parked copy with that id could be put back and
ordered: a message without an id must stay one. The id cannot be left out either: aiormq recognises
a returned message by its id, and one without would count as confirmed. An empty id serves both.
"""


class _WithoutId(str):
    """Empty on the wire and as a key; but true and not "" where a library checks for absence."""

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
