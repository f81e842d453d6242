"""Grafana's packages and the page made of them, in a cache folder outside of the repository.

They are over 600 MB, and the same for every picture: they are installed once.
"""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

_PAGE = Path(__file__).parent / "page"
_SOURCES = ("package.json", "page.jsx", "frames.js", "states.jsx")
_INSTALL_SECONDS = 1800
_BUNDLE_SECONDS = 600


def cache_folder() -> Path:
    """Where the packages are kept; `ORDER_RELAY_PICTURES_CACHE` names another place."""
    named = os.environ.get("ORDER_RELAY_PICTURES_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "order-relay-pictures"


def bundle() -> Path:
    """The page's script, made anew only when its sources change."""
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    for name in _SOURCES:
        shutil.copyfile(_PAGE / name, cache / name)
    _install(cache)
    contents = b"".join((_PAGE / name).read_bytes() for name in _SOURCES)
    script = cache / f"page-{sha256(contents).hexdigest()[:16]}.js"
    if not script.exists():
        _run(cache, _BUNDLE_SECONDS, *_esbuild(cache, script))
    return script


def _install(cache: Path) -> None:
    stamp = cache / ".installed"
    wanted = (_PAGE / "package.json").read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    sys.stdout.write("Installing Grafana's packages, once; this takes minutes ...\n")
    quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
    # Without legacy-peer-deps, npm asks for versions of React that Grafana does not run with.
    _run(cache, _INSTALL_SECONDS, "npm", "install", *quiet, "--legacy-peer-deps")
    stamp.write_text(wanted, encoding="utf-8")


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
