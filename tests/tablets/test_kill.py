"""A van that is killed loses no alert, brings none back, and has written no face to any file."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from pathlib import Path

import pytest

from appliance.domain.lamp import Lamp
from appliance.tablets.broker import open_link
from appliance.tablets.strongbox import KEY_FILE
from appliance.tablets.wire import State
from tests.tablets.conftest import ALERT, SUBJECT, VAN, make_alert

FACES = [ALERT.crop_jpeg, *(image.jpeg for image in SUBJECT.images)]
WORDS = [SUBJECT.reason.encode(), b"JFIF"]
LOOKING = State(lamp=Lamp.LOOKING, deployment_id=ALERT.deployment_id)
WRITTEN = re.compile(r"(?:p?write(?:64|v)?)\(\d+, (.*)\)\s+= \d")
MADE = re.compile(r'open(?:at)?\([^"]*"([^"]+)", [^)]*O_CREAT')
# The van of a process that is killed; its time stands still, as the test's does.
PROCESS = """
import sys
from pathlib import Path
from appliance.settings import TabletSettings
from appliance.tablets.broker import open_link
from tests.tablets.conftest import NOON, VAN, make_alert
from tests.tablets.test_kill import LOOKING

port, folder, *orders = sys.argv[1:]
names = {name: Path(folder) / name for name in ("outbox", "ledger", "roster")}
with open_link(TabletSettings(port=int(port), **names), VAN, print, print, lambda: NOON) as link:
    link.state(LOOKING)
    for order in orders:
        name, _, what = order.partition(":")
        if name == "alert":
            link.alert(make_alert(what))
        else:
            link.withdraw([what])
    print("done", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def memory():
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def settings(broker, memory):
    names = {name: memory / name for name in ("outbox", "ledger", "roster")}
    return broker.settings.model_copy(update=names)


@pytest.fixture
def killed(broker, tablet, memory):
    """Have a van send what it is told, and kill it while it lives."""

    def killed(*orders, under=(), wait=()):
        command = [*under, sys.executable, "-c", PROCESS, str(broker.port), str(memory), *orders]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        ) as van:
            assert van.stdout.readline() == b"done\n"
            heard = [tablet.next(leaf) for leaf in wait]
            if under:
                # The tracer ends with what it traces, and its log is whole then.
                van.communicate(b"\n")
            else:
                van.kill()
        return heard

    return killed


def test_a_live_alert_is_sent_again_by_the_next_process_in_the_same_bytes(
    killed, settings, tablet, ears, clock
):
    first = killed("alert:a", "alert:b", wait=["alert", "alert"])
    assert tablet.read("state")["data"]["lamp"] == "fault"
    with open_link(settings, VAN, ears.decision, ears.see, clock) as link:
        link.state(LOOKING)
        again = [tablet.next("alert") for _ in range(2)]
        assert [each.payload for each in again] == [each.payload for each in first]
        tablet.acknowledge("a")
        assert ears.next_seen()[0] == "a"


def test_an_alert_that_expired_meanwhile_is_not_sent_again(killed, settings, tablet, ears, clock):
    killed("alert:a", wait=["alert"])
    clock.turn(60)
    with open_link(settings, VAN, ears.decision, ears.see, clock) as link:
        link.state(LOOKING)
        assert tablet.read("state")["data"]["lamp"] == "fault"
        assert tablet.read("state")["data"]["lamp"] == "looking"
        assert link.unseen == 1
    assert not [each for each in tablet.heard.queue if each.topic.endswith("/alert")]
    assert list(settings.outbox.iterdir()) == []


def test_what_was_withdrawn_stays_withdrawn(killed, settings, tablet, ears, clock):
    killed("alert:a", f"withdraw:{SUBJECT.reference}", wait=["alert", "withdrawal"])
    with open_link(settings, VAN, ears.decision, ears.see, clock) as link:
        link.state(LOOKING)
        assert [told["alert_id"] for told in withdrawn(tablet)] == ["a"]
        link.alert(make_alert("a"))
    assert not [each for each in tablet.heard.queue if each.topic.endswith("/alert")]


def withdrawn(tablet):
    """Wait for what the van that has started anew takes back."""
    while tablet.read("state")["data"]["lamp"] != "fault":
        pass
    return tablet.read("withdrawn")["data"]["withdrawn"]


def test_no_file_of_a_killed_van_says_whose_face_was_under_way(killed, memory):
    (alert,) = killed("alert:a", wait=["alert"])
    files = [file for file in memory.rglob("*") if file.is_file()]
    sealed = [file for file in files if file.parent.name == "outbox" and file.name != KEY_FILE]
    assert len(sealed) == 2
    assert_clean(b"".join(file.read_bytes() for file in files), alert.payload)
    hidden = b"".join(file.read_bytes() for file in sealed) + "".join(map(str, files)).encode()
    assert SUBJECT.reference.encode() not in hidden


def assert_clean(written, sent):
    """See that nothing of the alert lies in what was written, and that it would be seen."""
    for face in FACES:
        assert b64encode(face) in sent
        assert face not in written
        assert b64encode(face)[:8] not in written
    assert WORDS[0] in sent
    assert not any(word in written for word in WORDS)


def test_no_write_of_the_process_ever_held_a_face(killed, memory, tmp_path):
    log = tmp_path / "strace"
    tracer = [shutil.which("strace") or "strace", "-f", "-qq", "-xx", "-s", "1000000", "-o", log]
    calls = "trace=write,pwrite64,writev,open,openat,sendto,sendmsg"
    (alert,) = killed("alert:a", under=[*tracer, "-e", calls], wait=["alert"])
    lines = log.read_text().splitlines()
    # The tracer sees the face on its way to the broker, and in no write.
    assert any(hexed(b64encode(FACES[0])) in line for line in lines if "send" in line)
    written = [found[1] for line in lines if (found := WRITTEN.search(line))]
    assert len(written) > 2
    for needle in (*FACES, *(b64encode(face)[:8] for face in FACES), WORDS[0]):
        assert not any(hexed(needle) in each for each in written)
    made = {unhexed(found[1]) for line in lines if (found := MADE.search(line))}
    outside = {name for name in made if not name.startswith((str(memory), "/dev/null"))}
    assert {name for name in outside if name.startswith("/")} == set()
    assert all(re.fullmatch(r"(key|[0-9a-f]{32})\.new", name) for name in outside)
    assert alert.payload


def hexed(data):
    return "".join(f"\\x{byte:02x}" for byte in data)


def unhexed(text):
    return bytes.fromhex(text.replace("\\x", "")).decode()
