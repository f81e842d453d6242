"""Values: dataclasses that nothing changes once they are made."""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    # Under its own name, so that mypy knows it, and refuses each assignment to a field.
    from dataclasses import dataclass as record
else:
    from dataclasses import dataclass

    Kind = TypeVar("Kind")

    def record(
        *, frozen: bool, slots: bool, kw_only: bool = False
    ) -> "Callable[[type[Kind]], type[Kind]]":
        """The same decorator, but frozen for mypy alone.

        At run time that makes each value four times as slow, and an order makes dozens.
        """
        return dataclass(unsafe_hash=frozen, slots=slots, kw_only=kw_only)


__all__ = ["record"]
