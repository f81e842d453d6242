"""Putting something of ours in the place of a library's own, and saying so when that is gone."""

from typing import Any

from service.core.record import record


class PlaceGoneError(Exception):
    """pamqp has not got what is put out of its place."""


@record(frozen=True, slots=True)
class Place:
    """Something of pamqp's that gives way to `ours`; `without` says what would happen else."""

    name: str
    holder: Any
    key: str | bytes
    ours: Any
    without: str

    def fill(self) -> None:
        """Put ours there. Raises PlaceGoneError where pamqp has nothing there any more."""
        names: dict[str | bytes, Any] = (
            self.holder if isinstance(self.holder, dict) else dict(vars(self.holder))
        )
        if self.key not in names:
            raise PlaceGoneError(f"this pamqp has no {self.name}. Without it: {self.without}")
        if isinstance(self.holder, dict):
            self.holder[self.key] = self.ours
        else:
            setattr(self.holder, str(self.key), self.ours)
