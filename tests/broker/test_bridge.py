"""The way to the force's broker, over TLS: two real brokers, and what crosses between them."""

import subprocess
from contextlib import contextmanager

import pytest

from provisioning.trial import make_roster
from tests.broker.voices import CONFIGURATION, MOSQUITTO, VAN, WAIT_S, Voice, free_port, running

OUT = {VAN.state, VAN.tally}
PLACES = (VAN.ack, VAN.decision, VAN.decision_ack, VAN.hello)
ALL = [
    *(topic for topic in VAN if topic not in PLACES),
    *(f"{p}/tablet-1" for p in PLACES),
    *PLACES,
]


@contextmanager
def force(folder, roster):
    """The force's own broker; whoever has a certificate may do everything."""
    port = free_port()
    folder.mkdir()
    (folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\ncafile {roster}/ca.pem\ncertfile {roster}/server.pem\n"
        f"keyfile {roster}/server.key\nrequire_certificate true\nuse_identity_as_username true\n"
        "tls_version tlsv1.3\nuser root\n"
    )
    command = [MOSQUITTO, "-v", "-c", str(folder / "mosquitto.conf")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert any("running" in line for line in process.stderr)
        try:
            yield port, process.stderr
        finally:
            process.kill()


def bridge(port, roster):
    """Give the lines of the bridge as they stand in the file, to a broker on this machine."""
    text = (CONFIGURATION / "lfr.conf").read_text().partition("\n#\n# connection")[2]
    lines = ["connection" + text.splitlines()[0]]
    lines += [line.removeprefix("# ") for line in text.splitlines()[1:]]
    mine = roster.tablets["van-1"]
    replaced = {
        "address broker.example:8883": f"address localhost:{port}",
        "bridge_cafile /etc/lfr/force/ca.pem": f"bridge_cafile {roster.folder}/ca.pem",
        "bridge_certfile /etc/lfr/force/van.pem": f"bridge_certfile {mine.certificate}",
        "bridge_keyfile /etc/lfr/force/van.key": f"bridge_keyfile {mine.key}",
    }
    assert set(replaced) <= set(lines)
    return [replaced.get(line, line) for line in lines]


@pytest.fixture
def ends(tmp_path):
    """Open the van's broker and the force's, with the bridge between them."""
    headquarters = make_roster(tmp_path / "force", ["van-1", "desk"])
    tablets = make_roster(tmp_path / "roster", [])
    with force(tmp_path / "there", headquarters.folder) as (port, said):
        lines = bridge(port, headquarters)
        with running(tmp_path / "here", tablets.folder, *lines) as van:
            # It has subscribed once the force's broker has said so.
            assert any("SUBACK" in line for line in said)
            desk = Voice(port, "desk", headquarters)
            services = Voice(van.ports["gate"], user="tablet-1"), Voice(van.ports["van"])
            yield desk, *services
            for voice in (desk, *services):
                voice.close()


def test_numbers_and_state_go_out_and_nothing_else_does(ends):
    desk, tablet, van = ends
    desk.hear("#")
    for topic in ALL:
        said = van.say(topic, topic.encode()), tablet.say(topic, topic.encode())
        assert any(said) or topic in {*PLACES, VAN.notice}
    assert van.say(VAN.state, b"end")
    assert set(desk.all_heard(b"end")) == {(topic, topic.encode()) for topic in OUT}


def test_the_desks_notice_comes_in_and_nothing_else_does(ends):
    desk, tablet, van = ends
    van.hear("lfr/#", VAN.notice, VAN.state)
    tablet.hear("lfr/#", VAN.alert, VAN.withdrawal)
    for topic in (topic for topic in ALL if topic != VAN.notice):
        desk.say(topic, b"from the force")
    desk.say(VAN.notice, b"end")
    assert van.all_heard(b"end") == []
    van.say(VAN.withdrawal, b"end")
    assert tablet.heard.get(timeout=WAIT_S).payload == b"end"
