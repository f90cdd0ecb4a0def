"""The demo finds a broker on any machine, and leaves none behind."""

import os
import re
import shutil
import socket
import sys
from queue import Queue

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from appliance.errors import MachineError
from appliance.settings import TabletSettings
from appliance.tablets.broker import probe
from provisioning import broker as provisioning
from provisioning.broker import Program, open_broker
from provisioning.parts import LOCKS

WAIT_S = 20
APT = """
case "$*" in
*--simulate*) echo "Inst libfoo1 (1.0 Debian)"; echo "Inst adduser (3.1)" ;;
*"download libfoo1 mosquitto") : > libfoo1.deb; : > mosquitto.deb ;;
*) exit 1 ;;
esac"""
DPKG = """
[ "$1 $3" = "--extract root" ] || exit 1
/bin/mkdir -p root/usr/sbin root/usr/lib
if [ "$2" = libfoo1.deb ]; then : > root/usr/lib/libfoo.so.1; exit; fi
echo '#!/bin/sh' > root/usr/sbin/mosquitto
echo '/usr/bin/env | /bin/grep LD_LIB > "${{0%/sbin*}}/lib/environment"' >> root/usr/sbin/mosquitto
echo 'exec {mosquitto} "$@"' >> root/usr/sbin/mosquitto
/bin/chmod +x root/usr/sbin/mosquitto"""
STUBBORN = """
import signal, socket
signal.signal(signal.SIGTERM, signal.SIG_IGN)
ports = open(sys.argv[1]).read().split()
servers = [socket.create_server(("127.0.0.1", int(port))) for port in ports]
signal.pause()"""


def listens(port):
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def pretend(folder, name, script):
    """Put a command of our own on the path."""
    command = folder / name
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A path on which nothing lies but what a test puts there."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def offline(tmp_path, path, monkeypatch):
    """No apt, and a pip that looks into an empty folder instead of the network."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(empty))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr(provisioning, "SBIN", "")


@pytest.fixture
def pretender(monkeypatch):
    """Make a Python script the only way to a broker; it is given its ports in a file."""

    def make(script):
        command = [sys.executable, "-c", f"import sys\n{script}"]
        program = Program("Pretender", command, lambda ports, _roster: " ".join(map(str, ports)))
        monkeypatch.setattr(provisioning, "WAYS", {"pretender": lambda _cache: program})

    return make


def test_the_installed_mosquitto_is_taken_first(tmp_path):
    with open_broker(tmp_path, tmp_path / "cache") as broker:
        assert broker.name == "Mosquitto"
        assert probe(TabletSettings(port=broker.port)) == "MQTT 5"
    assert not (tmp_path / "cache").exists()


def failing_demo(*folders, ports):
    with open_broker(*folders) as broker:
        ports += [broker.port, broker.page_port]
        assert all(map(listens, ports))
        raise KeyError


def test_nothing_of_the_broker_is_left_when_the_demo_fails(tmp_path):
    ports = []
    with pytest.raises(KeyError):
        failing_demo(tmp_path, tmp_path / "cache", ports=ports)
    assert not any(map(listens, ports))


def test_debians_package_is_taken_apart_once_with_the_libraries_it_lacks(tmp_path, path):
    mosquitto = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    pretend(path, "apt-get", APT)
    pretend(path, "dpkg", DPKG.format(mosquitto=mosquitto))
    with open_broker(tmp_path, tmp_path / "cache", ["unpacked"]) as broker:
        assert broker.name == "Mosquitto (unpacked)"
        assert probe(TabletSettings(port=broker.port)) == "MQTT 5"
    lib = tmp_path / "cache" / "mosquitto" / "usr" / "lib"
    assert (lib / "environment").read_text() == f"LD_LIBRARY_PATH={lib}\n"
    (path / "apt-get").unlink()
    with open_broker(tmp_path, tmp_path / "cache", ["unpacked"]) as broker:
        assert listens(broker.port)


@pytest.mark.usefixtures("offline")
def test_without_broker_and_network_the_error_says_what_to_install(tmp_path):
    with (
        pytest.raises(MachineError, match="no MQTT broker here") as none,
        open_broker(tmp_path, tmp_path / "cache"),
    ):
        pass
    assert "apt-get install mosquitto" in none.value.mend
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_broker_that_dies_at_once_is_an_error(tmp_path, pretender):
    pretender("sys.exit(3)")
    with (
        pytest.raises(MachineError, match="Pretender does not listen"),
        open_broker(tmp_path, tmp_path),
    ):
        pass


def test_a_broker_that_never_listens_is_given_up(tmp_path, pretender, monkeypatch):
    monkeypatch.setattr(provisioning, "LISTEN_S", 0.3)
    pretender("import signal; signal.pause()")
    with (
        pytest.raises(MachineError, match="Pretender does not listen"),
        open_broker(tmp_path, tmp_path),
    ):
        pass


def test_a_broker_that_will_not_go_is_killed(tmp_path, pretender, monkeypatch):
    monkeypatch.setattr(provisioning, "STOP_S", 0.3)
    pretender(STUBBORN)
    with open_broker(tmp_path, tmp_path) as broker:
        assert listens(broker.port)
    assert not listens(broker.port)


def test_the_lock_has_a_hash_for_everything_and_no_address():
    lock = (LOCKS / "amqtt.lock").read_text()
    assert "://" not in lock
    for requirement in re.split(r"\n(?=\S)", lock.strip()):
        assert re.match(r"[a-z0-9-]+==\S+ [^\n]*\\\n +--hash=sha256:[0-9a-f]{64}", requirement)


@pytest.mark.parametrize("which", ["broker", "old_broker"])
def test_a_browser_is_served_over_websockets(which, request, tmp_path):
    if which == "broker":
        with open_broker(tmp_path, tmp_path / "cache") as broker:
            assert greeted_over_websockets(broker.page_port)
    else:
        assert greeted_over_websockets(request.getfixturevalue("old_broker").page_port)


def greeted_over_websockets(port):
    answers = Queue()
    client = Client(CallbackAPIVersion.VERSION2, transport="websockets")
    client.ws_set_options(path="/mqtt")
    client.on_connect = lambda *said: answers.put(said[3])
    client.connect("127.0.0.1", port)
    client.loop_start()
    answer = answers.get(timeout=WAIT_S)
    client.disconnect()
    client.loop_stop()
    client._reset_sockets()  # not left to the collector, which may come amid another test
    return not answer.is_failure
