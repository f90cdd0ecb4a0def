"""A throw-away MQTT broker on loopback, for a van that is only being tried out."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from appliance.errors import MachineError
from provisioning.parts import SILENCE_S, pip_install

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

QUIET = range(20_000, 32_000)
"""Below the ports that Linux gives to outgoing connections: none of these slips in between."""
LISTEN_S = 10.0
POLL_S = 0.05
STOP_S = 3.0
FETCH_S = 120
SBIN = "/usr/sbin:/usr/local/sbin"
"""Where Debian puts brokers, and where an ordinary user's PATH does not look."""


@dataclass(frozen=True)
class Broker:
    """Where a running broker listens, on 127.0.0.1."""

    port: int
    ws_port: int
    """For browsers: MQTT over WebSockets."""
    name: str


@dataclass(frozen=True)
class Program:
    """A broker that can be started."""

    name: str
    command: Sequence[str]
    """Wants the path of a configuration behind it."""
    configure: Callable[[int, int], str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


class NoWayError(Exception):
    """This way leads to no broker here; there may be another."""


@contextmanager
def open_broker(folder: Path, cache: Path, ways: Sequence[str] = ()) -> Generator[Broker]:
    """Run a broker until the context ends: anonymous, on loopback alone, keeping nothing.

    Args:
        folder: Where its configuration may lie meanwhile.
        cache: Where a broker that had to be fetched stays for the next time.
        ways: Which of `WAYS` to try, in that order; all of them where it is empty.

    Raises:
        MachineError: there is no broker and none can be fetched, or it does not listen in time.
    """
    program = _program(cache, ways or tuple(WAYS))
    port, ws_port = _free_ports()
    config = folder / "broker.conf"
    config.write_text(program.configure(port, ws_port), encoding="utf-8")
    with _running(program, config) as process:
        for expected in (port, ws_port):
            _await(process, expected, program.name)
        yield Broker(port, ws_port, program.name)


def _program(cache: Path, ways: Sequence[str]) -> Program:
    for way in ways:
        with suppress(NoWayError, OSError, subprocess.SubprocessError):
            return WAYS[way](cache)
    raise MachineError(
        "There is no MQTT broker here, and none could be fetched.",
        mend="Install Mosquitto (apt-get install mosquitto), or connect to the network once.",
    )


def _installed(_cache: Path) -> Program:
    path = shutil.which("mosquitto") or shutil.which("mosquitto", path=SBIN)
    if path is None:
        raise NoWayError
    return Program("Mosquitto", [path, "-c"], _mosquitto)


def _unpacked(cache: Path) -> Program:
    """Take Debian's own package apart, which needs no root."""
    shelf = cache / "mosquitto"
    if not shelf.is_dir():
        with TemporaryDirectory(dir=_made(cache)) as work:
            _unpack(Path(work))
            (Path(work) / "root").replace(shelf)
    libraries = sorted({str(file.parent) for file in shelf.rglob("*.so.*")})
    environment = {"LD_LIBRARY_PATH": ":".join(libraries)}
    command = [str(shelf / "usr/sbin/mosquitto"), "-c"]
    return Program("Mosquitto (unpacked)", command, _mosquitto, environment)


def _unpack(work: Path) -> None:
    options = [f"-oAcquire::http::Timeout={SILENCE_S}", "-oAcquire::Retries=0"]
    plan = _run(["apt-get", "--simulate", "--no-install-recommends", "install", "mosquitto"], work)
    missing = {"mosquitto", *re.findall(r"^Inst (lib\S+)", plan, re.MULTILINE)}
    _run(["apt-get", *options, "download", *sorted(missing)], work)
    for package in work.glob("*.deb"):
        _run(["dpkg", "--extract", package.name, "root"], work)


def _amqtt(cache: Path) -> Program:
    """Fetch the broker that is all Python; it speaks MQTT 3.1.1 alone."""
    shelf = cache / "amqtt"
    if not shelf.is_dir():
        with TemporaryDirectory(dir=_made(cache)) as work:
            _run(pip_install("amqtt.lock", "root"), Path(work))
            (Path(work) / "root").replace(shelf)
    command = [sys.executable, "-m", "amqtt.scripts.broker_script", "-c"]
    return Program("amqtt", command, _amqtt_config, {"PYTHONPATH": str(shelf)})


WAYS: Mapping[str, Callable[[Path], Program]] = {
    "installed": _installed,
    "unpacked": _unpacked,
    "amqtt": _amqtt,
}


def _mosquitto(port: int, ws_port: int) -> str:
    lines = [
        "allow_anonymous true",
        # What it kept would hold faces.
        "persistence false",
        "set_tcp_nodelay true",
        "log_type none",
        f"listener {port} 127.0.0.1",
        f"listener {ws_port} 127.0.0.1",
        "protocol websockets",
    ]
    return "\n".join(lines) + "\n"


def _amqtt_config(port: int, ws_port: int) -> str:
    # It reads YAML, of which JSON is a part.
    listeners = {
        "default": {"type": "tcp", "bind": f"127.0.0.1:{port}"},
        "page": {"type": "ws", "bind": f"127.0.0.1:{ws_port}"},
    }
    anonymous = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    return json.dumps({"listeners": listeners, "plugins": anonymous})


def _made(cache: Path) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    return cache


def _run(command: Sequence[str], work: Path) -> str:
    done = subprocess.run(  # noqa: S603  # all our own words
        command, cwd=work, env={**os.environ, "LC_ALL": "C"}, check=True, capture_output=True,
        text=True, timeout=FETCH_S, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.stdout


def _free_ports() -> tuple[int, int]:
    """Name two ports that nobody holds; both are held meanwhile so that they differ."""
    ports: list[int] = []
    with ExitStack() as stack:
        while len(ports) < 2:  # noqa: PLR2004 - one for the van, one for the page
            port = secrets.choice(QUIET)
            with suppress(OSError):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
                ports.append(port)
    return ports[0], ports[1]


@contextmanager
def _running(program: Program, config: Path) -> Generator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(  # noqa: S603  # all our own words
        [*program.command, str(config)], env={**os.environ, **program.environment},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()


def _await(process: subprocess.Popen[bytes], port: int, name: str) -> None:
    end = time.monotonic() + LISTEN_S
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=POLL_S):
            return
        time.sleep(POLL_S)
    raise MachineError(
        f"The broker {name} does not listen on port {port}.",
        mend="Start it by hand to see why, or remove the cache folder and try again.",
    )
