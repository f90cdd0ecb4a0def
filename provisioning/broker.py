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
from typing import TYPE_CHECKING, NamedTuple

from appliance.errors import MachineError
from provisioning.access import SERVICES, TABLETS, write_access
from provisioning.gate.service import admitting, open_gate
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
    """For the van's own services."""
    page_port: int
    """For `open_page`: MQTT over WebSockets; where there is a roster, the gate's own listener."""
    name: str
    tls_port: int | None = None
    """For tablets that speak MQTT themselves, where there is a roster."""


class Guard(NamedTuple):
    """By what a broker knows its tablets, and what they may."""

    roster: Path
    access: Path
    """As `provisioning.access` writes it."""


class Ports(NamedTuple):
    """Where a trial's broker listens."""

    van: int
    gate: int
    tls: int


@dataclass(frozen=True)
class Program:
    """A broker that can be started."""

    name: str
    command: Sequence[str]
    """Wants the path of a configuration behind it."""
    configure: Callable[[Ports, Guard | None], str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


class NoWayError(Exception):
    """This way leads to no broker here; there may be another."""


@contextmanager
def open_broker(
    folder: Path,
    cache: Path,
    ways: Sequence[str] = (),
    roster: Path | None = None,
    van: str = "van-1",
) -> Generator[Broker]:
    """Run a broker until the context ends: on loopback alone, keeping nothing.

    Args:
        folder: Where its configuration may lie meanwhile.
        cache: Where a broker that had to be fetched stays for the next time.
        ways: Which of `WAYS` to try, in that order; all of them where it is empty.
        roster: The van's folder of certificates; with it tablets need theirs, and may what a
            tablet may on a van. Without it everybody on this machine may everything.
        van: The van's name, where there is a roster.

    Raises:
        MachineError: there is no broker and none can be fetched, or it does not listen in time.
    """
    program = _program(cache, ways or tuple(WAYS))
    with ExitStack() as stack:
        ports, guard = _free_ports(), Guard(roster, folder / "access") if roster else None
        if guard:
            write_access(guard.access, van)
        config = folder / "broker.conf"
        config.write_text(program.configure(ports, guard), encoding="utf-8")
        process = stack.enter_context(_running(program, config))
        _await(process, ports.van, program.name)
        if roster:
            yield Broker(ports.van, ports.gate, program.name, ports.tls)
            return
        browsers = _hold(stack)
        stack.enter_context(open_gate(browsers, admitting(ports.van)))
        yield Broker(ports.van, browsers.getsockname()[1], program.name)


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


def _mosquitto(ports: Ports, guard: Guard | None) -> str:
    lines = [
        "per_listener_settings true",
        # What it kept would hold faces.
        "persistence false",
        "set_tcp_nodelay true",
        "log_type none",
        # Started by root it would else turn into one who may not read a throw-away folder.
        "user root",
        f"listener {ports.van} 127.0.0.1",
        "allow_anonymous true",
    ]
    if guard:
        roster, tablets = guard.roster, f"acl_file {guard.access / TABLETS}"
        lines += [
            f"acl_file {guard.access / SERVICES}", f"listener {ports.gate} 127.0.0.1",
            "allow_anonymous true", "use_username_as_clientid true", tablets,
            f"listener {ports.tls} 127.0.0.1", "tls_version tlsv1.3", f"cafile {roster}/ca.pem",
            f"crlfile {roster}/crl.pem", f"certfile {roster}/server.pem",
            f"keyfile {roster}/server.key", "require_certificate true", "allow_anonymous false",
            "use_identity_as_username true", "use_username_as_clientid true", tablets,
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _amqtt_config(ports: Ports, guard: Guard | None) -> str:
    if guard:
        raise MachineError(
            "A trial with TLS needs Mosquitto.", mend="Install it: apt-get install mosquitto."
        )
    # It reads YAML, of which JSON is a part.
    listeners = {"default": {"type": "tcp", "bind": f"127.0.0.1:{ports.van}"}}
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


def _free_ports() -> Ports:
    """Name ports that nobody holds; all are held meanwhile so that they differ."""
    with ExitStack() as stack:
        return Ports(*(_hold(stack).getsockname()[1] for _ in Ports._fields))


def _hold(stack: ExitStack) -> socket.socket:
    """Listen on a port that nobody else is given, until the stack is closed."""
    while True:
        with suppress(OSError):
            return stack.enter_context(socket.create_server(("127.0.0.1", secrets.choice(QUIET))))


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
