"""One connection: which version is spoken, who is let in, and how it goes wrong."""

import gc
import socket
import subprocess
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTProtocolVersion
from pydantic import SecretStr

from appliance.domain.lamp import Lamp
from appliance.errors import MachineError, SettingsError
from appliance.settings import TabletSettings
from appliance.tablets.broker import open_link, probe
from appliance.tablets.connection import VERSIONS, cut, dial, hang_up
from appliance.tablets.wire import State, Tally
from provisioning.trial import make_roster
from tests.tablets.conftest import make_alert
from tests.tablets.signing import Pen
from tests.tablets.talk import tablet_on

VAN = "van-1"


def make_certificate(folder, name, signer=None):
    """Write a key and its certificate, signed by itself or by another's key and name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key, issuer = signer or (key, subject)
    now = datetime.now(timezone.utc)
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
    )
    certificate = builder.sign(issuer_key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / f"{name}.key").write_bytes(private)
    return key, subject


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    authority = make_certificate(folder, "force")
    for name in ("broker", "van"):
        make_certificate(folder, name, authority)
    make_certificate(folder, "stranger")
    return folder


@pytest.fixture
def tls_broker(tmp_path, keys, mosquitto):
    lines = [
        "allow_anonymous true",
        f"cafile {keys / 'force.pem'}",
        f"certfile {keys / 'broker.pem'}",
        f"keyfile {keys / 'broker.key'}",
        "require_certificate true",
        "tls_version tlsv1.3",
    ]
    with mosquitto(tmp_path, lines) as broker:
        yield broker


@pytest.fixture
def guarded_broker(tmp_path, mosquitto):
    passwords = tmp_path / "passwords"
    command = ["mosquitto_passwd", "-b", "-c", str(passwords), "van", "right"]
    subprocess.run(command, check=True, capture_output=True)
    with mosquitto(tmp_path, ["allow_anonymous false", f"password_file {passwords}"]) as broker:
        yield broker


def test_mosquitto_is_spoken_to_in_mqtt_5(broker):
    assert probe(broker.settings) == "MQTT 5"


def test_a_broker_without_mqtt_5_is_spoken_to_in_the_older_version(old_broker):
    assert probe(TabletSettings(port=old_broker.port)) == "MQTT 3.1.1"


def test_the_whole_talk_works_in_the_older_version(old_broker, ears, tmp_path, force, clock):
    trial = make_roster(tmp_path, ["tablet-7"], force)
    folders = {"roster": trial.folder, "outbox": tmp_path / "out", "ledger": tmp_path / "ledger"}
    pen = Pen("tablet-7", trial.tablets["tablet-7"].signing)
    with (
        tablet_on(old_broker.port, MQTTProtocolVersion.MQTTv311) as tablet,
        open_link(
            TabletSettings(port=old_broker.port, **folders), VAN, ears.decision, ears.see, clock
        ) as link,
    ):
        link.state(State(lamp=Lamp.LOOKING))
        assert tablet.read("state")["data"]["lamp"] == "looking"
        link.tally(Tally(alerts=1))
        assert tablet.read("tally")["data"]["alerts"] == 1
        link.alert(make_alert())
        assert tablet.read("alert")["id"] == "alert-1"
        tablet.acknowledge("alert-1")
        assert ears.next_seen()[0] == "alert-1"
        clock.turn(1)
        tablet.greet()
        assert tablet.read("alert")["id"] == "alert-1"
        tablet.decide(pen.decide())
        assert tablet.read("decision/ack/tablet-7")["data"]["alert_id"] == "alert-1"
        assert ears.next_decision().alert_id == "alert-1"
        assert tablet.read("withdrawal")["data"]["answer"] == "not_viable"


def test_the_van_shows_its_certificate_over_tls(tls_broker, keys):
    trusted = {"port": tls_broker.port, "ca_file": keys / "force.pem"}
    shown = {"certificate": keys / "van.pem", "key": keys / "van.key"}
    assert probe(TabletSettings(**trusted, **shown)) == "MQTT 5"
    client = dial(TabletSettings(**trusted, **shown), lambda _client: None)
    assert client.socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    hang_up(client)
    with pytest.raises(MachineError):
        probe(TabletSettings(**trusted))


# Paho leaves the socket of a failed handshake to the garbage collector, which complains.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_that_a_stranger_vouches_for_is_not_trusted(tls_broker, keys):
    settings = TabletSettings(port=tls_broker.port, ca_file=keys / "stranger.pem")
    with pytest.raises(MachineError, match="cannot be reached"):
        probe(settings)
    gc.collect()


def test_a_broken_file_for_tls_is_an_error_of_the_settings(tmp_path):
    broken = tmp_path / "broken.pem"
    broken.write_text("not a certificate")
    for ca_file in (broken, tmp_path / "missing.pem"):
        with pytest.raises(SettingsError, match="TLS cannot be used") as error:
            probe(TabletSettings(ca_file=ca_file))
        assert "tablets.ca_file" in error.value.mend


def test_a_name_and_its_password_let_the_van_in(guarded_broker):
    port = guarded_broker.port
    settings = TabletSettings(port=port, username="van", password=SecretStr("right"))
    assert probe(settings) == "MQTT 5"


@pytest.mark.parametrize("password", [SecretStr("wrong"), None])
def test_a_wrong_password_is_refused_and_never_told(guarded_broker, password):
    settings = TabletSettings(port=guarded_broker.port, username="van", password=password)
    with pytest.raises(MachineError, match="Not authorized") as refused:
        probe(settings)
    assert "wrong" not in refused.value.advice()


def test_a_server_that_is_silent_is_not_a_broker():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = TabletSettings(port=silent.getsockname()[1])
        with pytest.raises(MachineError, match="gives no answer in MQTT"):
            probe(settings)


def test_nobody_is_left_on_a_line_that_came_to_nothing():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(MachineError):
            dial(TabletSettings(port=silent.getsockname()[1]), lambda _client: None)
        for _ in VERSIONS:
            line, _ = silent.accept()
            with line:
                line.settimeout(10)
                while line.recv(1024):
                    pass  # what was asked; then the line is closed


def test_a_line_is_closed_also_where_the_broker_reads_no_goodbye(broker):
    client = dial(broker.settings, lambda _: None)
    line = client.socket()
    broker.freeze()
    client.publish("lfr/1/van-1/much", bytes(20_000_000))
    hang_up(client)
    assert line.fileno() == -1


@settings(max_examples=30, deadline=None)
@given(rudeness=st.binary(max_size=60))
def test_a_server_may_answer_anything_at_all(rudeness):
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = Thread(target=answer_twice, args=(server, rudeness))
        answering.start()
        with suppress(MachineError):
            assert probe(TabletSettings(port=server.getsockname()[1])).startswith("MQTT")
        server.shutdown(socket.SHUT_RDWR)
        answering.join()


def answer_twice(server, payload):
    for _ in range(2):
        try:
            caller, _ = server.accept()
        except OSError:
            return
        with caller:
            caller.recv(1000)
            caller.sendall(payload)


def test_a_connection_may_be_cut_after_it_has_ended(broker):
    client = dial(broker.settings, lambda _: None)
    hang_up(client)
    cut(client)
    assert client.socket() is None
