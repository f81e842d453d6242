"""What is read from the pinned modules, and how go is asked for what is built of them."""

from pathlib import Path

import pytest

from tests.shipping.kube.build import (
    CRDS_MODULE,
    SERVER_MODULE,
    BuildError,
    Go,
    build_environment,
    cache_directory,
)
from tests.shipping.kube.modules import (
    CRD_PACKAGES,
    ModuleError,
    Program,
    build_arguments,
    cache_key,
    crd_arguments,
    go_version,
    parse_go_version,
    required_version,
    server_programs,
)

GO_MOD = """module example

go 1.26.0

require k8s.io/api v0.37.2

require (
	go.etcd.io/etcd/server/v3 v3.7.0
	k8s.io/kubernetes v1.37.2
	k8s.io/kubernetes/more v9.9.9 // indirect
)

replace k8s.io/api => k8s.io/api v0.37.3
"""


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("k8s.io/kubernetes", "v1.37.2"),
        ("k8s.io/kubernetes/more", "v9.9.9"),
        ("k8s.io/api", "v0.37.2"),
    ],
)
def test_a_required_version_is_found(path: str, version: str) -> None:
    """In a block or alone, and never that of a longer path or of a replacement."""
    assert required_version(GO_MOD, path) == version


def test_a_version_that_is_not_required_is_an_error() -> None:
    """Not a guess."""
    with pytest.raises(ModuleError, match=r"requires no k8s\.io/none"):
        required_version(GO_MOD, "k8s.io/none")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("go1.26.8", (1, 26, 8)),
        ("1.26", (1, 26)),
        ("go1.27rc1", (1, 27)),
        ("go1.26.8 X:x", (1, 26, 8)),
    ],
)
def test_a_go_version_is_numbers(text: str, version: tuple[int, ...]) -> None:
    """So that 1.9 is older than 1.26."""
    assert parse_go_version(text) == version


@pytest.mark.parametrize("text", ["", "devel", "gopher"])
def test_no_go_version_is_an_error(text: str) -> None:
    """It is never taken for a new one."""
    with pytest.raises(ModuleError, match="no Go version"):
        parse_go_version(text)


def test_the_go_version_of_a_module() -> None:
    """Its `go` line; a module without one is an error."""
    assert go_version(GO_MOD) == (1, 26, 0)
    with pytest.raises(ModuleError, match="names no Go version"):
        go_version("module example\n")


def test_the_server_tells_its_version() -> None:
    """The API server's own, which is what `kubeVersion` of a chart is compared with."""
    etcd, api_server = server_programs(GO_MOD)
    assert (etcd.name, etcd.package) == ("etcd", "go.etcd.io/etcd/server/v3")
    assert api_server.package == "k8s.io/kubernetes/cmd/kube-apiserver"
    assert "component-base/version.gitVersion=v1.37.2 " in api_server.linker_flags
    assert "component-base/version.gitMinor=37 " in api_server.linker_flags


def test_a_build_takes_what_is_pinned() -> None:
    """`-mod=readonly`: a go.sum that lacks something is an error, not a download of anything."""
    arguments = build_arguments(Program("p", "example.com/p", "-X a=b"), Path("/out/p"))
    assert arguments[:2] == ["build", "-mod=readonly"]
    assert arguments[-4:] == ["-ldflags=-s -w -X a=b", "-o", "/out/p", "example.com/p"]


def test_a_build_fetches_no_other_go() -> None:
    """The rest of the environment is the caller's."""
    environment = build_environment({"GOFLAGS": "-p=1", "GOTOOLCHAIN": "auto"})
    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["GOFLAGS"] == "-p=1"


def test_a_go_that_is_missing_or_too_old_is_said(tmp_path: Path) -> None:
    """With the version that is needed."""
    old = tmp_path / "go"
    old.write_text("#!/bin/sh\necho go1.20.14\n", encoding="utf-8")
    old.chmod(0o755)
    with pytest.raises(BuildError, match=r"there is no Go; install Go 1\.26"):
        Go.find(tmp_path, print, (1, 26), ["no-such-go"])
    with pytest.raises(BuildError, match=r"is go1\.20\.14, and Go 1\.26 or newer is needed"):
        Go.find(tmp_path, print, (1, 26), ["no-such-go", str(old)])
    assert Go.find(tmp_path, print, (1, 20), [str(old)]).command == str(old)


def test_what_a_build_says_is_in_its_error(tmp_path: Path) -> None:
    """Such as that the module proxy cannot be reached; half a program is never left behind."""
    failing = tmp_path / "go"
    failing.write_text(
        "#!/bin/sh\n[ $1 = env ] && echo go1.26 && exit\necho no proxy >&2\nexit 1\n",
        encoding="utf-8",
    )
    failing.chmod(0o755)
    go = Go.find(tmp_path, print, (1, 26), [str(failing)])
    with pytest.raises(BuildError, match="ended with 1:\nno proxy"):
        go.build(Program("p", "example.com/p"), SERVER_MODULE)
    assert list(go.products(SERVER_MODULE).iterdir()) == []


def test_the_crds_are_generated_of_pinned_packages() -> None:
    """Every package is of a module that the module of the CRDs requires."""
    required = (CRDS_MODULE / "go.mod").read_text(encoding="utf-8")
    named = (CRDS_MODULE / "kinds.go").read_text(encoding="utf-8")
    for package in CRD_PACKAGES:
        assert f'_ "{package}"' in named
        assert any(required_version(required, path) for path in _parents(package, required))
    assert crd_arguments(Path("/out"))[-1] == "output:dir=/out"


def _parents(package: str, go_mod: str) -> list[str]:
    parts = package.split("/")
    paths = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return [path for path in paths if f"\t{path} v" in go_mod]


def test_the_staging_modules_have_the_version_of_kubernetes() -> None:
    """k8s.io/kubernetes v1.37.2 was built with v0.37.2 of each of them."""
    go_mod = (SERVER_MODULE / "go.mod").read_text(encoding="utf-8")
    version = required_version(go_mod, "k8s.io/kubernetes").removeprefix("v1.")
    replaced = [line.split() for line in go_mod.splitlines() if "=>" in line]
    assert len(replaced) > 30
    assert [line for line in replaced if line[-2:] != [line[0], f"v0.{version}"]] == []


def test_the_cache_key_changes_with_each_part() -> None:
    """And with where one part ends and the next begins."""
    keys = [cache_key(parts) for parts in ([b"a", b"b"], [b"ab"], [b"a", b"c"], [b"b", b"a"])]
    assert len(set(keys)) == 4
    assert cache_key([b"a", b"b"]) == keys[0]


def test_the_cache_is_the_users() -> None:
    """As the XDG rules have it."""
    assert cache_directory({"XDG_CACHE_HOME": "/c"}) == Path("/c/order-relay/kube")
    assert cache_directory({}) == Path.home() / ".cache" / "order-relay" / "kube"
