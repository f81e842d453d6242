"""Draws the pictures anew: `python -m tests.commands.top`, then look at what changed."""

from tests.commands.top.drawing import SCENES, SIZES, drawn, picture

for name, scene in SCENES.items():
    for size in SIZES:
        picture(name, size).write_text(drawn(scene(), *size), encoding="utf-8")
