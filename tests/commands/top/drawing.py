"""Views as plain text, of the size of a terminal."""

from io import StringIO
from pathlib import Path

from rich.console import Console

from service.commands.top.screen import draw
from service.commands.top.view import View
from tests.commands.top import scenes

PICTURES = Path(__file__).parent / "pictures"
SIZES = ((80, 24), (120, 40))
SCENES = {"quiet-day": scenes.quiet_day, "outage": scenes.outage, "first-look": scenes.first_look}


def drawn(view: View, width: int, lines: int | None, *, plain: bool = False) -> str:
    """What a terminal of this size shows, without colours and without spaces at the ends."""
    file = StringIO()
    console = Console(file=file, width=width, color_system=None, highlight=False)
    console.print(draw(view, width, lines, plain=plain))
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def picture(scene: str, size: tuple[int, int]) -> Path:
    """Where the picture of a scene is kept."""
    return PICTURES / f"{scene}-{size[0]}x{size[1]}.txt"
