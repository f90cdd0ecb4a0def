"""Who is sent away before they say a word, and how little one tablet can take from the others."""

import os
import signal
import socket
import ssl
from functools import partial

import pytest

from provisioning.trial import make_roster
from tests.broker.voices import CONFIGURATION, VAN, WAIT_S, Voice, running

WEB = pytest.mark.parametrize("web", [False, True], ids=["mqtt", "page"])
HUNG_UP = (ssl.SSLError, ConnectionError)
"""Whether the alert or the end of the connection is seen first is chance."""
GREETING = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x1e\x00\x01a"
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""Either is answered in its own way."""


def keyed(roster, tablet=None, version=None):
    context = ssl.create_default_context(cafile=str(roster.folder / "ca.pem"))
    if tablet:
        mine = roster.tablets[tablet]
        context.load_cert_chain(mine.certificate, mine.key)
    if version:
        context.maximum_version = version
    return context


def knock(port, context, session=None, words=GREETING):
    """Say hello by TLS; gives the connection where there was an answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as raw:
        connection = context.wrap_socket(raw, server_hostname="localhost", session=session)
    try:
        connection.sendall(words)
        if connection.recv(10):
            return connection
    except OSError:
        connection.close()
        raise
    connection.close()
    raise ConnectionError("hung up")


@pytest.fixture
def try_it(request, web):
    if web:
        return partial(knock, request.getfixturevalue("gate"), words=REQUEST)
    return partial(knock, request.getfixturevalue("sluice"))


@WEB
def test_a_tablet_with_its_certificate_is_answered(try_it, roster, web):
    try_it(keyed(roster, "tablet-1", ssl.TLSVersion.TLSv1_3)).close()


@WEB
def test_without_a_certificate_nobody_is_heard(try_it, roster, web):
    with pytest.raises(HUNG_UP):
        try_it(keyed(roster))


@WEB
def test_a_revoked_tablet_is_refused(try_it, roster, web):
    with pytest.raises(HUNG_UP):
        try_it(keyed(roster, "lost"))


@WEB
def test_an_older_tls_is_refused(try_it, roster, web):
    with pytest.raises(HUNG_UP):
        try_it(keyed(roster, "tablet-1", ssl.TLSVersion.TLSv1_2))


@WEB
def test_a_tablet_of_another_force_is_refused(try_it, roster, web, tmp_path):
    stranger = make_roster(tmp_path / "stranger", ["tablet-1"])
    (stranger.folder / "ca.pem").write_bytes((roster.folder / "ca.pem").read_bytes())
    with pytest.raises(HUNG_UP):
        try_it(keyed(stranger, "tablet-1"))


def test_a_key_that_signs_does_not_connect(sluice, roster, tmp_path):
    mine = roster.tablets["tablet-1"]
    mine.certificate.write_bytes(mine.signing.pem)
    mine.key.write_bytes(mine.signing.key_pem)
    with pytest.raises(HUNG_UP):
        knock(sluice, keyed(roster, "tablet-1"))


def test_who_is_revoked_while_the_broker_runs_is_refused_after_a_reload(broker, sluice, roster):
    context = keyed(roster, "tablet-2")
    with knock(sluice, context) as before:
        session = before.session
        roster.revoke("tablet-2")
        os.kill(broker.process.pid, signal.SIGHUP)
        for line in broker.process.stderr:
            if "Reloading config" in line:
                break
        for old in (None, session):
            with pytest.raises(HUNG_UP):
                knock(sluice, context, session=old)
        # Whoever was inside stays there: so it is restarted, as commissioning.md has it.
        before.sendall(b"\xc0\x00")
        assert before.recv(2) == b"\xd0\x00"


@WEB
def test_a_tablet_is_there_once(speak, web):
    first = speak("tablet-1", web=web, name="one")
    second = speak("tablet-1", web=web, name="two")
    assert first.gone.get(timeout=WAIT_S)
    assert second.say(f"{VAN.hello}/tablet-1")


def test_no_tablet_takes_the_place_of_another(speak):
    mine = speak("tablet-1")
    speak("tablet-2", name="tablet-1")
    assert mine.say(f"{VAN.hello}/tablet-1")
    assert mine.gone.empty()


@WEB
def test_ten_megabytes_end_the_connection_and_reach_nobody(speak, web):
    van, tablet = speak().hear(f"{VAN.decision}/+", VAN.state), speak("tablet-1", web=web)
    tablet._client.publish(f"{VAN.decision}/tablet-1", bytes(10_000_000), qos=1)
    assert tablet.gone.get(timeout=WAIT_S)
    speak().say(VAN.state, b"end")
    assert van.all_heard(b"end") == []


def test_nothing_of_it_lies_on_a_disk_and_it_forgets_when_it_ends(tmp_path, roster):
    for round_, expected in (("one", b"looking"), ("two", b"end")):
        with running(tmp_path / round_, roster.folder) as broker:
            mouth, ear = Voice(broker.ports["van"]), Voice(broker.ports["van"])
            if round_ == "one":
                mouth.say(VAN.state, b"looking", retain=True)
            ear.hear(VAN.state)
            mouth.say(VAN.state, b"end")
            assert ear.heard.get(timeout=WAIT_S).payload == expected
            mouth.close()
            ear.close()
            files = {path.name for path in broker.folder.rglob("*") if path.is_file()}
        assert files <= {
            "lfr.acl",
            "lfr-tablets.acl",
            "lfr.conf",
            "mosquitto.conf",
            "mosquitto.pid",
        }


def test_the_broker_listens_on_this_machine_alone():
    lines = (CONFIGURATION / "lfr.conf").read_text().splitlines()
    listeners = [line for line in lines if line.startswith(("listener", "bind", "port"))]
    places = ("1883 127.0.0.1", "0 /run/lfr-broker/gate.sock", "1885 127.0.0.1")
    assert listeners == [f"listener {place}" for place in places]
    assert {"persistence false", "set_tcp_nodelay true"} <= set(lines)
