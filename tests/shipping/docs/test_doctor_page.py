"""The doctor's page is what the program says."""

from docs.sources.doctor import PAGE, page
from service.commands.doctor.kinds import KINDS


def test_the_page_is_as_the_program_says() -> None:
    """`make log-schema` writes it; each code has its anchor."""
    assert PAGE.read_text(encoding="utf-8") == page()
    assert all(f"### {kind.code}\n" in page() for kind in KINDS)
