"""Every generated page of the reference in the repository, the picture, and what they should be."""

from pathlib import Path

from docs.sources import drawing
from docs.sources.reference import alerts, asyncapi, commands, metrics, settings, topology

_DOCS = Path(__file__).resolve().parents[2]


def files() -> dict[Path, str]:
    """By the file."""
    return {
        _DOCS / "settings.md": settings.page(),
        _DOCS / "commands.md": commands.page(),
        _DOCS / "topology.md": topology.page(),
        _DOCS / "metrics.md": metrics.page(),
        _DOCS / "alerts.md": alerts.page(),
        _DOCS / "contract" / "asyncapi.md": asyncapi.page(),
        drawing.PICTURE: drawing.picture(),
    }
