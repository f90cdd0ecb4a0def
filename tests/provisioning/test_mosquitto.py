"""The van's broker as it is installed: who may say and hear what, and that it keeps nothing."""

import os
import queue
import secrets
import shutil
import socket
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from appliance.tablets.envelope import topics
from provisioning.broker import QUIET

CONFIGURATION = Path(__file__).parents[2] / "provisioning" / "mosquitto"
PACKAGE = Path("/etc/mosquitto/mosquitto.conf")
WAIT_S = 20
VAN = topics("van-1")
READS = {VAN.alert, VAN.decision_ack, VAN.state}
WRITES = {VAN.ack, VAN.decision}
SERVICES = [topic for topic in VAN if topic != VAN.notice]
# The broker's own folder is laid out as on the van, and what it writes lies in memory.
RUN = """
mount --bind "$1/etc" /etc/mosquitto
mount -t tmpfs -o mode=777 none /var/lib/mosquitto
mount -t tmpfs -o mode=777 none /run
mkdir -m 777 /run/mosquitto
exec "$2" -c /etc/mosquitto/mosquitto.conf
"""


def free_port():
    while True:
        port = secrets.choice(QUIET)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@contextmanager
def running(folder, *lines):
    """Run the installed configuration inside that of the package, on another port."""
    port = free_port()
    etc = folder / "etc"
    (etc / "conf.d").mkdir(parents=True)
    package = PACKAGE.read_text().replace(
        "log_dest file /var/log/mosquitto/mosquitto.log", "log_dest stderr"
    )
    (etc / "mosquitto.conf").write_text(package + "user root\n")
    text = (CONFIGURATION / "lfr.conf").read_text()
    assert text.count("listener 1883 127.0.0.1\n") == 1
    text = text.replace("listener 1883 ", f"listener {port} ")
    (etc / "conf.d" / "lfr.conf").write_text("\n".join([text, *lines, ""]))
    shutil.copy(CONFIGURATION / "lfr.acl", etc)
    apart = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "-rm"]
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    command = [*apart, "sh", "-ec", RUN, "sh", str(folder), program]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        said = []
        for line in process.stderr:
            said.append(line)
            if "running" in line:
                break
        assert any("running" in line for line in said), said
        try:
            yield port
        finally:
            process.kill()


@pytest.fixture
def broker(tmp_path):
    """With names for a tablet and the desk, as later their certificates will give them some."""
    names = tmp_path / "names"
    names.touch()
    for name in ("tablet", "desk"):
        subprocess.run(["mosquitto_passwd", "-b", names, name, "secret"], check=True)
    with running(tmp_path, f"password_file {tmp_path}/names") as port:
        yield port


class Voice:
    """A client that keeps what it hears."""

    def __init__(self, port, name=None):
        self.heard, self._answers = queue.Queue(), queue.Queue()
        self._client = Client(CallbackAPIVersion.VERSION2)
        if name:
            self._client.username_pw_set(name, "secret")
        self._client.on_connect = lambda *said: self._answers.put(said[3])
        self._client.on_subscribe = lambda *said: self._answers.put(said[3])
        self._client.on_message = lambda _c, _d, message: self.heard.put(message)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.refused = self._answers.get(timeout=WAIT_S).is_failure

    def hear(self, topic="#"):
        self._client.subscribe(topic, qos=1)
        self._answers.get(timeout=WAIT_S)
        return self

    def say(self, topic, payload=b"!", **how):
        self._client.publish(topic, payload, qos=1, **how).wait_for_publish(WAIT_S)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def speak(broker):
    opened = []

    def open_voice(name=None):
        opened.append(Voice(broker, name))
        return opened[-1]

    yield open_voice
    for voice in opened:
        voice.close()


def heard_by(speak, speaker, hearer, topic):
    """Whether one's word on a topic reaches another; a word that does reach it ends the wait."""
    ear = speak(hearer).hear(topic).hear(VAN.state)
    mouth = speak(speaker)
    mouth.say(topic, b"word")
    speak().say(VAN.state, b"end")
    heard = []
    while b"end" not in heard:
        heard.append(ear.heard.get(timeout=WAIT_S).payload)
    return b"word" in heard


@pytest.mark.parametrize("topic", SERVICES)
def test_the_vans_services_say_and_hear_everything(speak, topic):
    assert heard_by(speak, None, None, topic)


@pytest.mark.parametrize("topic", VAN)
def test_the_desk_gives_notice_and_says_nothing_else(speak, topic):
    assert heard_by(speak, "desk", None, topic) == (topic == VAN.notice)


@pytest.mark.parametrize("who", [None, "tablet"])
def test_nobody_else_gives_notice(speak, who):
    assert not heard_by(speak, who, None, VAN.notice)


def test_the_desk_hears_nothing(speak):
    desk, tablet, van = speak("desk").hear(), speak("tablet").hear(VAN.state), speak()
    for topic in SERVICES:
        van.say(topic)
    assert tablet.heard.get(timeout=WAIT_S).topic == VAN.state
    assert desk.heard.empty()


@pytest.mark.parametrize("topic", VAN)
def test_a_tablet_hears_what_is_for_it_alone(speak, topic):
    assert heard_by(speak, None, "tablet", topic) == (topic in READS)


@pytest.mark.parametrize("topic", VAN)
def test_a_tablet_says_only_that_it_has_an_alert_and_what_was_decided(speak, topic):
    assert heard_by(speak, "tablet", None, topic) == (topic in WRITES)


@pytest.mark.parametrize("topic", ["lfr/1/van-1/alert/other", "lfr/2/van-1/state", "x", "$SYS/x"])
@pytest.mark.parametrize("who", [None, "tablet", "desk"])
def test_nobody_uses_a_topic_that_has_no_meaning(speak, who, topic):
    assert not heard_by(speak, who, None, topic)


def test_a_tablet_without_its_name_is_refused(speak):
    assert speak("stranger").refused


def test_every_topic_has_its_line():
    lines = (CONFIGURATION / "lfr.acl").read_text().splitlines()
    named = {line.split()[-1] for line in lines if line.startswith("topic ")}
    assert named == {topic.replace("van-1", "+") for topic in VAN}


def test_the_last_state_and_nothing_else_is_kept_for_a_newcomer(speak):
    speak().say(VAN.state, b"looking", retain=True)
    assert speak("tablet").hear(VAN.state).heard.get(timeout=WAIT_S).payload == b"looking"


def test_it_keeps_nothing_on_a_disk_and_forgets_when_it_ends(tmp_path):
    for round_, expected in (("one", b"looking"), ("two", b"end")):
        with running(tmp_path / round_) as port:
            mouth, ear = Voice(port), Voice(port)
            if round_ == "one":
                mouth.say(VAN.state, b"looking", retain=True)
            ear.hear(VAN.state)
            mouth.say(VAN.state, b"end")
            assert ear.heard.get(timeout=WAIT_S).payload == expected
            mouth.close()
            ear.close()
        assert sorted(p.name for p in (tmp_path / round_ / "etc").rglob("*") if p.is_file()) == [
            "lfr.acl", "lfr.conf", "mosquitto.conf",
        ]  # fmt: skip


def test_it_listens_on_this_machine_alone():
    text = (CONFIGURATION / "lfr.conf").read_text()
    listeners = [
        line for line in text.splitlines() if line.startswith(("listener", "bind", "port"))
    ]
    assert listeners == ["listener 1883 127.0.0.1"]
    assert "persistence false\n" in text
    assert "set_tcp_nodelay true\n" in text


@pytest.fixture
def force(tmp_path):
    """The force's own broker, which lets everybody do everything."""
    folder, port = tmp_path / "force", free_port()
    folder.mkdir()
    text = f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n"
    (folder / "mosquitto.conf").write_text(text)
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    command = [program, "-v", "-c", str(folder / "mosquitto.conf")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert any("running" in line for line in process.stderr)
        yield port, process.stderr
        process.kill()


def bridge(port):
    """Give the lines of the bridge as they stand in the file, to a broker on this machine."""
    text = (CONFIGURATION / "lfr.conf").read_text()
    lines = [
        line.removeprefix("# ") for line in text.partition("\n#\n# connection")[2].splitlines()
    ]
    lines[0] = f"connection{lines[0]}"
    assert lines[1] == "address broker.example:8883"
    lines[1] = f"address 127.0.0.1:{port}"
    return [line for line in lines if "file " not in line]


def test_the_bridge_brings_notices_and_lets_nothing_else_across(force, tmp_path):
    port, said = force
    with running(tmp_path / "van", *bridge(port)) as van_port:
        # It has subscribed once the force's broker has said so.
        assert any("SUBACK" in line for line in said)
        desk, van = Voice(port), Voice(van_port)
        desk.hear("lfr/#")
        van.hear(VAN.notice).hear(VAN.alert)
        for topic in (VAN.alert, VAN.state, VAN.decision, VAN.notice):
            desk.say(topic, b"from the force")
        heard = van.heard.get(timeout=WAIT_S)
        assert (heard.topic, heard.payload) == (VAN.notice, b"from the force")
        for topic in VAN:
            van.say(topic, b"from the van")
        desk.say("lfr/end")
        heard = []
        while "lfr/end" not in heard:
            message = desk.heard.get(timeout=WAIT_S)
            assert message.payload != b"from the van"
            heard.append(message.topic)
        desk.close()
        van.close()
