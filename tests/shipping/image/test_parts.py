"""How the image's tools are found and called; no tool runs here."""

from pathlib import Path

import pytest

from tests.shipping.commands import install_commands
from tests.shipping.image.base import BASE, standin_command
from tests.shipping.image.build import IMAGE, ROOT, build_arguments, certificates, pip_configuration
from tests.shipping.image.engine import Engine
from tests.shipping.image.tools import NEEDED, ensure_tools, missing_tools

ENGINE = Engine(Path("/cache/image"))


def test_the_missing_tools_are_named() -> None:
    """All that are not on the PATH, and no other."""
    assert missing_tools({"podman": "/usr/bin/podman"}.get) == ("buildah", "runc", "mmdebstrap")
    assert missing_tools(lambda tool: f"/usr/bin/{tool}") == ()


@pytest.mark.parametrize("root", [True, False])
def test_without_apt_or_root_nothing_is_installed(*, root: bool) -> None:
    """What is missing is said, and what to do about it."""
    present = {"podman": "/usr/bin/podman"} if root else {"apt-get": "/usr/bin/apt-get"}
    lacking = ensure_tools(print, find=present.get, root=root)
    assert "buildah, runc" in lacking
    assert "apt-get install" in lacking


def test_with_all_tools_nothing_is_installed() -> None:
    """The stand-in base needs root, too."""
    found = dict.fromkeys(NEEDED, "/usr/bin/tool").get
    assert ensure_tools(print, find=found, root=True) == ""
    assert "needs root" in ensure_tools(print, find=found, root=False)


def test_only_what_is_missing_is_installed() -> None:
    """Debian's packages are named like the tools."""
    assert install_commands(["runc"])[-1][-1] == "runc"
    assert install_commands(["runc"])[-1][:2] == ["apt-get", "install"]


def test_the_storage_is_the_projects_own() -> None:
    """No image or container of anyone else is seen or removed."""
    for command in (ENGINE.podman_command("images"), ENGINE.buildah_command("images")):
        assert command[-1] == "images"
        assert command[command.index("--root") + 1] == "/cache/image/root"
        assert command[command.index("--runroot") + 1] == "/cache/image/run"


def test_the_build_mounts_what_the_machine_trusts() -> None:
    """Mounted, not copied: the image holds neither certificates nor the address of an index."""
    arguments = build_arguments("abc", Path("/t/pip.conf"), Path("/etc/ssl/all.pem"))
    mounts = [arguments[i + 1] for i, word in enumerate(arguments) if word == "--volume"]
    assert mounts == [
        "/t/pip.conf:/etc/pip.conf:ro",
        "/etc/ssl/all.pem:/run/build-certificates.pem:ro",
    ]
    assert arguments[-1] == str(ROOT)
    assert arguments[arguments.index("--tag") + 1] == IMAGE
    assert "REVISION=abc" in arguments


def test_pip_uses_the_machines_index() -> None:
    """And none of its other settings, such as folders that are not in the build."""
    listed = """
global.cert='/etc/ssl/company.pem'
global.index-url='https://index.example.com/simple'
:env:.find-links='/opt/wheels'
install.user='true'
"""
    assert pip_configuration(listed, Path("/etc/ssl/all.pem")).splitlines() == [
        "[global]",
        "index-url = https://index.example.com/simple",
        "cert = /run/build-certificates.pem",
    ]
    assert pip_configuration("", None) == "[global]\n"


def test_the_named_certificates_come_first(tmp_path: Path) -> None:
    """A file that is named and not there is passed over."""
    named = tmp_path / "company.pem"
    named.touch()
    assert certificates({"SSL_CERT_FILE": "/nowhere.pem", "CURL_CA_BUNDLE": str(named)}) == named


def test_the_stand_in_is_of_the_same_debian(tmp_path: Path) -> None:
    """The Dockerfile's own base, so that no Dockerfile is written for the tests."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f"ARG BASE={BASE}\n" in dockerfile
    suite, archive = standin_command(tmp_path / "base.tar")[-2:]
    assert BASE.endswith(f"-{suite}")
    assert archive == str(tmp_path / "base.tar")


def test_every_stage_has_the_same_base() -> None:
    """The environment that the first one makes names the Python of the second one by its path."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("FROM")] == [
        "FROM ${BASE} AS build",
        "FROM ${BASE}",
    ]


def test_traces_are_an_argument_of_the_build() -> None:
    """Without it the extra is not installed, and nothing is that was not checked by its hash."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "\nARG EXTRAS=\n" in dockerfile
    assert dockerfile.count('"order-relay${EXTRAS}"') == 1
    assert dockerfile.count("pip download --require-hashes ") == 1
    assert dockerfile.count("--no-index --find-links /wheels") == 2


def test_the_build_context_is_a_list_of_what_is_copied() -> None:
    """What is not named in .dockerignore stays out, whatever is added to the work tree."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule for rule in rules if rule.startswith("!")} == {
        "!LICENSE",
        "!README.md",
        "!pyproject.toml",
        "!requirements/image.txt",
        "!service",
    }
