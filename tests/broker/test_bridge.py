"""The way to the force's broker, over TLS: two real brokers, and what crosses between them."""

import re
import subprocess
from contextlib import contextmanager

import pytest

from appliance.settings import TabletSettings
from appliance.tablets.broker import open_link
from appliance.tablets.contract import kind
from appliance.tablets.wire import CHANNELS, Tally
from provisioning.desk.certificates import Authority
from provisioning.trial import make_roster
from tests.broker.voices import CONFIGURATION, MOSQUITTO, VAN, WAIT_S, Voice, free_port, running
from tests.tablets.conftest import ALERT, NOON, SUBJECT
from tests.tablets.contract.spoilt import STATE, right
from tests.tablets.events import as_bytes
from tests.tablets.signing import SAME, VIABLE, Pen

OUT = {VAN.state, VAN.tally}
GOING = STATE.model_copy(update={"ended": None})
TOLD = (b"alert-1", b"tablet-1", b"d-1", b"d-2", b"viable", b"same_person", b"no_longer_listed")
"""What a real van says of an alert, of who answered it, and of what they said."""
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
def brokers(tmp_path):
    """Give the ports of the van's broker, and of the force's with who has certificates for it."""
    headquarters = make_roster(tmp_path / "force", ["van-1", "desk"])
    tablets = make_roster(tmp_path / "roster", [])
    with force(tmp_path / "there", headquarters.folder) as (port, said):
        lines = bridge(port, headquarters)
        with running(tmp_path / "here", tablets.folder, *lines) as van:
            # It has subscribed once the force's broker has said so.
            assert any("SUBACK" in line for line in said)
            yield van.ports, port, headquarters


@pytest.fixture
def ends(brokers):
    """Speak for the desk at the force's broker, and for a tablet and the van at the van's."""
    ports, port, headquarters = brokers
    desk = Voice(port, "desk", headquarters)
    services = Voice(ports["gate"], user="tablet-1"), Voice(ports["van"])
    yield desk, *services
    for voice in (desk, *services):
        voice.close()


@pytest.fixture
def events():
    """Real messages of every channel, each with the place where it is said."""
    return [
        (getattr(VAN, one.name) + "/tablet-1" * one.of_a_tablet, message)
        for one in CHANNELS
        for message in (map(as_bytes, right(kind(one.event))) if one.event else [b""])
    ]


@pytest.fixture
def crew(tmp_path):
    """The first tablet, whose answers the van believes."""
    return make_roster(tmp_path / "crew", ["tablet-1"], Authority.create(clock=lambda: NOON))


@contextmanager
def a_van(port, crew):
    """Open a real van's line, and say what it is doing and has counted."""
    folder = crew.folder.parent
    settings = TabletSettings(
        port=port, roster=crew.folder, ledger=folder / "ledger", outbox=folder / "outbox"
    )
    with open_link(settings, "van-1", print, print, lambda: NOON) as link:
        link.state(GOING)
        link.tally(Tally(faces_seen=9, alerts=1, viable=1))
        yield link


def test_of_the_messages_of_every_channel_only_state_and_tally_go_out(ends, events):
    desk, tablet, van = ends
    desk.hear("#")
    assert {topic.removesuffix("/tablet-1") for topic, _ in events} == set(VAN)
    for topic, message in events:
        said = van.say(topic, message), tablet.say(topic, message)
        assert any(said) or topic == VAN.notice
    assert van.say(VAN.state, b"end")
    assert desk.all_heard(b"end") == [one for one in events if one[0] in OUT]


def test_nothing_goes_out_from_any_other_place(ends):
    desk, tablet, van = ends
    desk.hear("#")
    for topic in ALL:
        said = van.say(topic, topic.encode()), tablet.say(topic, topic.encode())
        assert any(said) or topic in {*PLACES, VAN.notice}
    assert van.say(VAN.state, b"end")
    assert set(desk.all_heard(b"end")) == {(topic, topic.encode()) for topic in OUT}


def test_a_real_van_tells_the_force_of_no_alert_no_tablet_and_no_answer(ends, brokers, crew):
    desk, tablet, van = ends
    pen, told = Pen("tablet-1", crew.tablets["tablet-1"].signing), b""
    desk.hear("#")
    tablet.hear(VAN.alert, VAN.withdrawal, VAN.withdrawn)
    with a_van(brokers[0]["van"], crew) as link:
        link.alert(ALERT)
        for number, answer in enumerate((VIABLE, SAME), 1):
            event = pen.decide(answer, id=f"d-{number}")
            assert tablet.say(f"{VAN.decision}/tablet-1", as_bytes(event))
            while event["id"].encode() not in told:
                told += tablet.heard.get(timeout=WAIT_S).payload
            link.state(GOING)
        link.withdraw({SUBJECT.reference})
        link.state(GOING)
    assert van.say(VAN.withdrawal, b"end")
    assert van.say(VAN.state, b"end")
    told += b"".join(payload for _, payload in tablet.all_heard(b"end"))
    heard = desk.all_heard(b"end")
    assert [word for word in TOLD if word not in told] == []
    assert {topic for topic, _ in heard} == OUT
    assert len(heard) > 5
    # What is counted has such names too.
    said = re.sub(rb'"\w+":', b"", b"".join(payload for _, payload in heard))
    assert [word for word in (*TOLD, b"V-001", b"PC 456") if word in said] == []


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
