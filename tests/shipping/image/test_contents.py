"""What is in the image, and what is not."""

import json

import pytest

from service import __version__
from tests.shipping.image.base import BASE
from tests.shipping.image.container import Container, output
from tests.shipping.image.engine import Engine

MOST_ADDED_MB = 40

pytestmark = pytest.mark.timeout(300)


def test_what_it_says_of_itself(engine: Engine, image: str) -> None:
    """A user by number, SIGTERM, exec forms, and labels of the OCI kind."""
    found = engine.inspect(image)
    config = found["Config"]
    assert config["User"] == "10001:0"
    assert config["StopSignal"] in {"SIGTERM", "15"}
    assert config["Entrypoint"] == ["/opt/order-relay/bin/order-relay"]
    assert config["Cmd"] == ["run"]
    assert list(config["ExposedPorts"]) == ["8080/tcp"]
    labels = {
        key.removeprefix("org.opencontainers.image."): v for key, v in found["Labels"].items()
    }
    assert labels["title"] == "order-relay"
    assert labels["version"] == __version__
    assert labels["revision"] != "unknown"
    assert {"description", "licenses"} <= labels.keys()


def test_it_adds_little_to_its_base(
    engine: Engine, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program, its libraries, and the byte code of all of it."""
    added_mb = (engine.inspect(image)["Size"] - engine.inspect(BASE)["Size"]) / 1e6
    with capsys.disabled():
        print(f"\nadded to the base: {added_mb:.1f} MB")
    assert 5 < added_mb < MOST_ADDED_MB


async def test_no_tool_of_the_build_is_left(container: Container) -> None:
    """Nothing that installs, builds or fetches is on the PATH."""
    tools = ["pip", "pip3", "gcc", "cc", "make", "git", "hatchling", "uv"]
    code = f"import shutil; print([tool for tool in {tools} if shutil.which(tool)])"
    assert await output(container.python(code)) == (0, "[]\n")


@pytest.mark.parametrize("python", ["/opt/order-relay/bin/python", "python"])
async def test_no_module_of_the_build_is_left(container: Container, python: str) -> None:
    """Neither in the program's environment nor in the base's own."""
    modules = ["pip", "ensurepip", "setuptools", "hatchling", "packaging"]
    code = f"from importlib.util import find_spec; print([m for m in {modules} if find_spec(m)])"
    command = container.command("-c", code, entrypoint=python)
    assert await output(command) == (0, "[]\n")


async def test_a_start_compiles_nothing(container: Container) -> None:
    """Every module that the program imports, the standard library's too, has its byte code."""
    command = container.python("import service.commands.cli", "-v")
    code, said = await output(command)
    assert code == 0, said
    compiled = [line for line in said.splitlines() if line.startswith("# code object from")]
    from_source = [line for line in compiled if line.rstrip("'").endswith(".py")]
    assert len(said.splitlines()) > 1000
    assert from_source == []


async def test_nothing_is_writable_or_owned_by_the_user(container: Container) -> None:
    """Who breaks into the program cannot change it."""
    code = """
import json, os
print(json.dumps([
    os.path.join(top, name)
    for top, folders, files in os.walk("/opt/order-relay")
    for name in folders + files
    if not os.path.islink(path := os.path.join(top, name))
    and (os.stat(path).st_mode & 0o022 or os.stat(path).st_uid)
]))"""
    status, said = await output(container.python(code))
    assert status == 0, said
    assert json.loads(said) == []


async def test_nothing_of_the_work_tree_but_the_program(container: Container) -> None:
    """Tests, settings and secrets of the work tree stay out, whatever lies there."""
    assert await output(container.python(_LIST)) == (0, "")


_LIST = """
import os
names = {"Dockerfile", "pyproject.toml", "Makefile", ".env", "image.txt", "conftest.py"}
for top, folders, files in os.walk("/"):
    outside = {"/proc", "/sys", "/dev", "/usr/share"}  # Debian's examples have a Makefile, too.
    folders[:] = [f for f in folders if os.path.join(top, f) not in outside]
    for name in names.intersection(files):
        print(os.path.join(top, name))
"""
