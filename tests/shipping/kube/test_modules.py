"""What is read from the pinned modules, and how go is asked for what is built of them."""

import re
from pathlib import Path

import pytest

from tests.shipping.commands import CommandError
from tests.shipping.kube import modules
from tests.shipping.kube.build import (
    CRDS_MODULE,
    SERVER_MODULE,
    Go,
    build_environment,
    build_server,
    cache_directory,
)


def test_the_server_tells_its_version() -> None:
    """The API server's own, which is what `kubeVersion` of a chart is compared with."""
    etcd, api_server = modules.server_programs("v1.37.2")
    assert (etcd.name, etcd.package) == ("etcd", "go.etcd.io/etcd/server/v3")
    assert api_server.package == "k8s.io/kubernetes/cmd/kube-apiserver"
    assert "component-base/version.gitVersion=v1.37.2 " in api_server.linker_flags
    assert "component-base/version.gitMinor=37 " in api_server.linker_flags


def test_a_build_takes_what_is_pinned() -> None:
    """`-mod=readonly`: a go.sum that lacks something is an error, not a download of anything."""
    arguments = modules.build_arguments(
        modules.Program("p", "example.com/p", "-X a=b"), Path("/out/p")
    )
    assert arguments[:2] == ["build", "-mod=readonly"]
    assert arguments[-4:] == ["-ldflags=-s -w -X a=b", "-o", "/out/p", "example.com/p"]


def test_a_build_fetches_no_other_go() -> None:
    """The rest of the environment is the caller's."""
    environment = build_environment({"GOFLAGS": "-p=1", "GOTOOLCHAIN": "auto"})
    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["GOFLAGS"] == "-p=1"


def test_a_go_that_is_missing_or_too_old_is_said(tmp_path: Path) -> None:
    """An old one says itself which is needed, as no other is fetched in its place."""
    with pytest.raises(CommandError, match="there is no Go; install it"):
        Go.find(tmp_path, print, ["no-such-go"])
    old = tmp_path / "go"
    old.write_text("#!/bin/sh\necho $GOTOOLCHAIN is too old >&2\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    found = Go.find(tmp_path, print, ["no-such-go", str(old)])
    with pytest.raises(CommandError, match="ended with 1:\nlocal is too old"):
        build_server(found)


def test_what_a_build_says_is_in_its_error(tmp_path: Path) -> None:
    """Such as that the module proxy cannot be reached; half a program is never left behind."""
    failing = tmp_path / "go"
    failing.write_text(
        "#!/bin/sh\n[ $1 = env ] && echo go1.26 && exit\necho no proxy >&2\nexit 1\n",
        encoding="utf-8",
    )
    failing.chmod(0o755)
    go = Go.find(tmp_path, print, [str(failing)])
    with pytest.raises(CommandError, match="ended with 1:\nno proxy"):
        go.build(modules.Program("p", "example.com/p"), SERVER_MODULE)
    assert list(go.products(SERVER_MODULE).iterdir()) == []


def test_the_crds_are_generated_of_pinned_packages() -> None:
    """Every package is of a module that the module of the CRDs requires itself."""
    required = _required(CRDS_MODULE)
    named = (CRDS_MODULE / "kinds.go").read_text(encoding="utf-8")
    for package in modules.CRD_PACKAGES:
        assert f'_ "{package}"' in named
        assert any(package.startswith(f"{path}/") for path in required)
    assert modules.crd_arguments(Path("/out"))[-1] == "output:dir=/out"


def _required(module: Path) -> dict[str, str]:
    text = (module / "go.mod").read_text(encoding="utf-8")
    return dict(re.findall(r"^\t(\S+) (v\S+)", text, re.MULTILINE))


def test_the_staging_modules_have_the_version_of_kubernetes() -> None:
    """k8s.io/kubernetes v1.37.2 was built with v0.37.2 of each of them."""
    go_mod = (SERVER_MODULE / "go.mod").read_text(encoding="utf-8")
    version = _required(SERVER_MODULE)[modules.KUBERNETES].removeprefix("v1.")
    replaced = [line.split() for line in go_mod.splitlines() if "=>" in line]
    assert len(replaced) > 30
    assert [line for line in replaced if line[-2:] != [line[0], f"v0.{version}"]] == []


def test_the_cache_key_changes_with_each_part() -> None:
    """And with where one part ends and the next begins."""
    keys = [
        modules.cache_key(parts) for parts in ([b"a", b"b"], [b"ab"], [b"a", b"c"], [b"b", b"a"])
    ]
    assert len(set(keys)) == 4
    assert modules.cache_key([b"a", b"b"]) == keys[0]


def test_the_cache_is_the_users() -> None:
    """As the XDG rules have it."""
    assert cache_directory({"XDG_CACHE_HOME": "/c"}) == Path("/c/order-relay/kube")
    assert cache_directory({}) == Path.home() / ".cache" / "order-relay" / "kube"
