"""Who is measured beside the relay, and how each is had: in a folder of its own, never in ours."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from tests.world.load.processes import ROOT

INSTALL_SECONDS = 600.0
_HERE = Path(__file__).parent
_FOLDER = ROOT / ".venv" / "bench"

Command = tuple[str, ...]
Say = Callable[[str], None]


class Peer(StrEnum):
    """Each as it is chosen on the command line."""

    RELAY = "relay"
    HTTPX2 = "httpx2"
    HTTPX = "httpx"
    FASTSTREAM = "faststream"
    NODE = "node"
    GO = "go"


TITLES: Mapping[Peer, str] = {
    Peer.RELAY: "order-relay",
    Peer.HTTPX2: "script, aio-pika + httpx2",
    Peer.HTTPX: "script, aio-pika + httpx",
    Peer.FASTSTREAM: "FastStream + httpx2, uvloop",
    Peer.NODE: "Node, amqplib + undici",
    Peer.GO: "Go, amqp091-go",
}


class MissingPeerError(Exception):
    """A peer cannot be had here; the text says why."""


def script(python: str, library: str) -> Command:
    """The first script that anyone would write, on one of two HTTP libraries."""
    return (python, str(_HERE / "script.py"), library)


def command(peer: Peer, say: Say) -> Command:
    """What starts a peer, which is installed if need be; MissingPeerError where it cannot be."""
    match peer:
        case Peer.RELAY:
            return ()  # It is started as it is everywhere else.
        case Peer.HTTPX2 | Peer.HTTPX:
            return script(_python(say), peer)
        case Peer.FASTSTREAM:
            return (_python(say), str(_HERE / "fast_stream.py"))
        case Peer.NODE:
            return _node(say)
        case Peer.GO:
            return _go(say)
        case _ as never:
            assert_never(never)


def _python(say: Say) -> str:
    python = _FOLDER / "python" / "bin" / "python"
    wanted = _HERE / "requirements.txt"
    uv = (sys.executable, "-m", "uv", "--quiet")
    pip = ("pip", "install", "--python", str(python), "--require-hashes", "-r", str(wanted))
    made = (*uv, "venv", "--clear", "--python", sys.executable, str(_FOLDER / "python"))
    _once(_FOLDER / "python", wanted, say, made, (*uv, *pip))
    return str(python)


def _node(say: Say) -> Command:
    folder = _FOLDER / "node"
    quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
    npm = (_program("npm"), "install", *quiet, "--loglevel=error", "--prefix", str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "peer.js"):
        shutil.copyfile(_HERE / "node" / name, folder / name)
    _once(folder, _HERE / "node" / "package.json", say, npm)
    return (_program("node"), str(folder / "peer.js"))


def _go(say: Say) -> Command:
    folder = _FOLDER / "go"
    built = (_program("go"), "build", "-C", str(_HERE / "go"), "-o", str(folder / "peer"), ".")
    _once(folder, _HERE / "go" / "main.go", say, built)
    return (str(folder / "peer"),)


def _once(folder: Path, wanted: Path, say: Say, *commands: Command) -> None:
    """Runs the commands unless the folder was made of the same file before."""
    stamp = folder / "made-of"
    if stamp.exists() and stamp.read_bytes() == wanted.read_bytes():
        return
    say(f"installing {folder.name}'s packages for the bench, once ...")
    folder.mkdir(parents=True, exist_ok=True)
    for each in commands:
        try:
            subprocess.run(each, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            reason = f"{Path(each[0]).name} takes longer than {INSTALL_SECONDS:g} s"
            raise MissingPeerError(reason) from None
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip().splitlines()
            raise MissingPeerError(said[-1] if said else str(error)) from None
    stamp.write_bytes(wanted.read_bytes())


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        message = f"there is no {name} here"
        raise MissingPeerError(message)
    return found
