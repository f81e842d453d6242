"""The memory limit, from control groups as kernels and containers show them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from service.edges.telemetry.memory_limit import memory_limit_bytes

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        ("0::/\n", {"memory.max": f"{512 * MIB}\n"}, 512 * MIB),
        ("0::/\n", {"memory.max": "max\n"}, None),
        ("0::/\n", {}, None),
        (
            "0::/a/b\n",
            {"memory.max": "max", "a/memory.max": "7000", "a/b/memory.max": "8000"},
            7000,
        ),
        ("0::/not/shown/here\n", {"memory.max": "9000"}, 9000),
        ("0::/../outside\n", {"memory.max": "9000"}, 9000),
        (
            "12:cpu,cpuacct:/pod\n4:memory:/pod\n0::/\n",
            {"memory/memory.limit_in_bytes": "5000", "cpu/memory.limit_in_bytes": "1"},
            5000,
        ),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712"}, None),
        ("no control group\n\n", {"memory.max": "9000"}, None),
        (None, {"memory.max": "9000"}, 9000),
        (None, {"memory/memory.limit_in_bytes": "6000"}, 6000),
        ("0::/\n", {"memory.max": "a lot"}, None),
        ("0::/\n", {"memory.max": "0"}, None),
    ],
)
def test_the_least_limit_counts(
    tmp_path: Path, membership: str | None, files: Mapping[str, str], expected: int | None
) -> None:
    """Of the process's group and of those above it, in version 2 and in version 1."""
    told = tmp_path / "membership"
    if membership is not None:
        told.write_text(membership, encoding="utf-8")
    groups = tmp_path / "groups"
    for name, text in files.items():
        file = groups / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert memory_limit_bytes(groups, told) == expected


def test_this_machine_can_be_asked() -> None:
    """Whatever it says, it is a number of bytes or nothing."""
    limit = memory_limit_bytes()
    assert limit is None or limit > 0
