"""Values: dataclasses that nothing changes once they are made."""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    # Under its own name, so that mypy knows it, and refuses each assignment to a field.
    from dataclasses import dataclass as record
else:
    from dataclasses import dataclass, fields
    from operator import attrgetter

    Kind = TypeVar("Kind")

    def record(
        *, frozen: bool, slots: bool, kw_only: bool = False
    ) -> "Callable[[type[Kind]], type[Kind]]":
        """The same decorator, but frozen for mypy alone, with methods that are not compiled.

        Frozen at run time, each value is made four times as slowly, and an order makes dozens.
        Methods compiled for each of a hundred classes were a tenth of the time until a start.
        """

        def declare(kind: type[Kind]) -> type[Kind]:
            made = dataclass(repr=False, eq=False, slots=slots, kw_only=kw_only)(kind)
            values = _values([each.name for each in fields(made) if each.compare])
            shown = [each.name for each in fields(made) if each.repr]

            def equal(self: object, other: object) -> bool:
                if other.__class__ is not self.__class__:
                    return NotImplemented
                return values(self) == values(other)

            def text(self: object) -> str:
                told = (f"{name}={getattr(self, name)!r}" for name in shown)
                return f"{type(self).__qualname__}({', '.join(told)})"

            made.__eq__, made.__repr__ = equal, text
            made.__hash__ = (lambda self: hash(values(self))) if frozen else None
            return made

        return declare

    def _values(names: list[str]) -> "Callable[[object], object]":
        return attrgetter(*names) if names else lambda _: ()


__all__ = ["record"]
