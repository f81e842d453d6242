"""Values that are wrong are refused before anything is installed, by the path of what is wrong.

Each file in `refused` begins with what helm says about it.
"""

from pathlib import Path

import pytest

from tests.shipping.chart.rendered.helm import refusal

_FILES = sorted(Path(__file__).with_name("refused").glob("*.yaml"))


def test_there_are_enough() -> None:
    """So that an empty directory proves nothing."""
    assert len(_FILES) >= 60


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.stem)
def test_wrong_values_are_refused_by_their_path(file: Path) -> None:
    """With the words of the file's first line."""
    text = file.read_text(encoding="utf-8")
    wanted = text.partition("\n")[0].removeprefix("# ")
    assert wanted in refusal(text)
