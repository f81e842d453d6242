"""Grafana's packages and the page made of them, in a cache folder outside of the repository.

They are over 600 MB, and the same for every picture: they are installed once.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

_PAGE = Path(__file__).parent / "page"
_SOURCES = tuple(sorted(path.name for path in _PAGE.iterdir() if path.is_file()))
_STAMP = ".installed"
_INSTALL_SECONDS = 1800
_BUNDLE_SECONDS = 600


def cache_folder() -> Path:
    """Where the packages are kept; `ORDER_RELAY_PICTURES_CACHE` names another place."""
    named = os.environ.get("ORDER_RELAY_PICTURES_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "order-relay-pictures"


def bundle(say: Callable[[str], None]) -> Path:
    """The page's script, made anew only when its sources change."""
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    for name in _SOURCES:
        shutil.copyfile(_PAGE / name, cache / name)
    _install(cache, say)
    contents = b"".join((_PAGE / name).read_bytes() for name in _SOURCES)
    script = cache / f"page-{sha256(contents).hexdigest()[:16]}.js"
    if not script.exists():
        _run(cache, _BUNDLE_SECONDS, *_esbuild(cache, script))
    return script


def needed() -> tuple[str, ...]:
    """The programs without which there would be no packages: none where they are installed."""
    return () if _is_installed(cache_folder()) else ("npm",)


def _is_installed(cache: Path) -> bool:
    stamp = cache / _STAMP
    return stamp.exists() and stamp.read_text(encoding="utf-8") == _wanted()


def _wanted() -> str:
    return (_PAGE / "package.json").read_text(encoding="utf-8")


def _install(cache: Path, say: Callable[[str], None]) -> None:
    if _is_installed(cache):
        return
    say(f"Installing Grafana's panels into {cache}, once; over 600 MB, a minute or more ...")
    quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
    # Without legacy-peer-deps, npm asks for versions of React that Grafana does not run with.
    _run(cache, _INSTALL_SECONDS, "npm", "install", *quiet, "--legacy-peer-deps")
    (cache / _STAMP).write_text(_wanted(), encoding="utf-8")


def _esbuild(cache: Path, script: Path) -> tuple[str, ...]:
    (program,) = cache.glob("node_modules/@esbuild/*/bin/esbuild")
    return (
        *(str(program), "page.jsx", "--bundle", "--minify", f"--outfile={script}"),
        *(f"--loader:.{kind}=dataurl" for kind in ("svg", "ttf", "woff", "woff2", "png")),
        *("--jsx=automatic", '--define:process.env.NODE_ENV="production"'),
        *("--define:process.env={}", "--define:global=window", "--log-level=error"),
    )


def _run(folder: Path, seconds: float, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, timeout=seconds)
