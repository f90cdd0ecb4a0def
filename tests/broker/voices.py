"""The van's broker as it is installed, on other ports, and clients that keep what they hear."""

from __future__ import annotations

import queue
import secrets
import shutil
import socket
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from appliance.tablets.envelope import topics
from provisioning.access import write_access
from provisioning.broker import QUIET

CONFIGURATION = Path(__file__).parents[2] / "provisioning" / "mosquitto"
PACKAGE = Path("/etc/mosquitto/mosquitto.conf")
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
LISTENERS = {"van": "1883 127.0.0.1", "tls": "1885 127.0.0.1"}
WAIT_S = 20
VAN = topics("van-1")


def free_port():
    while True:
        port = secrets.choice(QUIET)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Mosquitto:
    """One that runs by the installed files."""

    def __init__(self, process, ports, folder):
        self.process, self.ports, self.folder = process, ports, folder


def lay_out(folder, roster, *lines):
    """Write the installed configuration inside that of the package; gives the ports."""
    (folder / "conf.d").mkdir(parents=True)
    package = PACKAGE.read_text()
    for old, new in {
        "log_dest file /var/log/mosquitto/mosquitto.log": "log_dest stderr",
        "/var/lib/mosquitto/": f"{folder}/", "/etc/mosquitto/": f"{folder}/",
        "/run/mosquitto/": f"{folder}/",
    }.items():  # fmt: skip
        assert old in package
        package = package.replace(old, new)
    (folder / "mosquitto.conf").write_text(f"{package}\nuser root\n")
    text, ports = (CONFIGURATION / "lfr.conf").read_text(), {}
    for name, place in LISTENERS.items():
        assert text.count(f"\nlistener {place}\n") == 1
        ports[name] = free_port()
        text = text.replace(f"\nlistener {place}\n", f"\nlistener {ports[name]} 127.0.0.1\n")
    for old, new in {
        "/run/lfr-access": folder, "/run/lfr-broker": folder, "/etc/lfr/tablets": roster,
    }.items():  # fmt: skip
        assert f" {old}/" in text
        text = text.replace(old, str(new))
    (folder / "conf.d" / "lfr.conf").write_text("\n".join([text, *lines, ""]))
    write_access(folder, "van-1")
    return {**ports, "gate": folder / "gate.sock"}


@contextmanager
def running(folder, roster, *lines):
    """Run the broker until the context ends."""
    ports = lay_out(folder, roster, *lines)
    command = [MOSQUITTO, "-c", str(folder / "mosquitto.conf")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        said = []
        for line in process.stderr:
            said.append(line)
            if "running" in line:
                break
        assert any("running" in line for line in said), said
        try:
            yield Mosquitto(process, ports, folder)
        finally:
            process.kill()


class Voice:
    """A client that keeps what it hears."""

    def __init__(self, port, tablet=None, roster=None, *, user=None, web=False, name="", **how):
        self.heard, self._answers, self.gone = queue.Queue(), queue.Queue(), queue.Queue()
        way = "unix" if isinstance(port, Path) else "websockets" if web else "tcp"
        self._client = Client(
            CallbackAPIVersion.VERSION2, name, transport=way,
            protocol=MQTTProtocolVersion.MQTTv5, **how,
        )  # fmt: skip
        if roster:
            mine = roster.tablets.get(tablet)
            files = (mine.certificate, mine.key) if mine else (None, None)
            self._client.tls_set(roster.folder / "ca.pem", *files)
        if user:
            self._client.username_pw_set(user)
        self._client.on_connect = lambda *said: self._answers.put(said[3])
        self._client.on_subscribe = lambda *said: self._answers.put(said[3])
        self._client.on_publish = lambda *said: self._answers.put(said[3])
        self._client.on_disconnect = lambda *said: self.gone.put(said[3])
        self._client.on_message = lambda _c, _d, message: self.heard.put(message)
        place = (str(port), 1) if way == "unix" else ("localhost" if roster else "127.0.0.1", port)
        self._client.connect(*place, keepalive=30)
        self._client.loop_start()
        self.refused = self._answers.get(timeout=WAIT_S).is_failure

    def hear(self, *topics):
        for topic in topics:
            self._client.subscribe(topic, qos=1)
            self._answers.get(timeout=WAIT_S)
        return self

    def say(self, topic, payload=b"!", **how):
        """Publish; gives whether the broker let it pass."""
        self._client.publish(topic, payload, qos=1, **how)
        return not self._answers.get(timeout=WAIT_S).is_failure

    def all_heard(self, until):
        """Give what was heard before the last word."""
        heard = []
        while (message := self.heard.get(timeout=WAIT_S)).payload != until:
            heard.append((message.topic, message.payload))
        return heard

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()
        self._client._reset_sockets()  # not left to the collector, which may come amid another test
