"""Views as plain text, of the size of a terminal."""

from io import BytesIO, TextIOWrapper
from pathlib import Path

from service.commands.top.figures import View
from service.commands.top.screen import Picture, console
from tests.commands.top import scenes

PICTURES = Path(__file__).parent / "pictures"
SIZES = ((80, 24), (120, 40))
SCENES = {"quiet-day": scenes.quiet_day, "outage": scenes.outage, "first-look": scenes.first_look}


def drawn(view: View, width: int, lines: int | None, *, plain: bool = False) -> str:
    """What a terminal of this size shows, without colours and without spaces at the ends."""
    file = TextIOWrapper(BytesIO(), encoding="ascii" if plain else "utf-8")
    terminal = console(file)
    terminal.width = width
    terminal.print(Picture(view), height=lines)
    file.seek(0)
    return "".join(f"{line.rstrip()}\n" for line in file.read().splitlines())


def picture(scene: str, size: tuple[int, int]) -> Path:
    """Where the picture of a scene is kept."""
    return PICTURES / f"{scene}-{size[0]}x{size[1]}.txt"
