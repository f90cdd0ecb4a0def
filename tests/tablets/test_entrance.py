"""`lfr check` knocks where tablets come in, as a stranger: at nginx, and at the gate."""

import socket

import pytest

from appliance.errors import MachineError, SettingsError, TrustError
from appliance.tablets import entrance
from appliance.tablets.entrance import knock_at_gate, knock_at_page
from provisioning.desk.certificates import Authority
from provisioning.gate.service import open_sluice
from provisioning.gate.sluice import Sluice
from provisioning.trial import make_roster
from tests.broker.voices import free_port, running
from tests.broker.webserver import serving, settle


@pytest.fixture
def roster(tmp_path):
    return make_roster(tmp_path / "roster", ["tablet-1"])


@pytest.fixture
def other(tmp_path):
    """Another van's folder, of the same force."""

    def other(authority):
        return make_roster(tmp_path / "other", [], authority).folder

    return other


@pytest.fixture
def nginx(tmp_path, roster):
    """The port of one as it is installed, and its part of the configuration."""
    folder = tmp_path / "nginx"
    folder.mkdir()
    port = settle(folder, roster.folder)
    with serving(folder, port):
        yield port, folder / "lfr.conf"


@pytest.fixture
def place(tmp_path):
    """The gate's socket, for nginx alone."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "gate.sock"))
        (tmp_path / "gate.sock").chmod(0o600)
        yield tmp_path / "gate.sock"


@pytest.fixture
def gate(tmp_path, roster):
    """The port before a broker as it is installed."""
    port = free_port()
    with running(tmp_path / "mosquitto", roster.folder) as broker:
        listening = socket.create_server(("127.0.0.1", port))
        with open_sluice(listening, Sluice(broker.ports["tls"])):
            yield port


# -- nginx


def test_the_page_is_there_for_tablets_alone(roster, nginx):
    said = knock_at_page(roster.folder, *nginx)
    assert said == "nginx answers, tablets alone; its certificate for 396 more days"


def test_a_computer_without_nginx_is_told_what_to_install(roster, nginx, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(entrance, "SBIN", str(tmp_path))
    with pytest.raises(MachineError, match="not installed") as missing:
        knock_at_page(roster.folder, *nginx)
    assert "apt-get install nginx" in missing.value.mend


def test_an_nginx_without_the_page_is_told_how_it_gets_it(roster, nginx, tmp_path):
    with pytest.raises(MachineError, match="knows nothing of the page") as missing:
        knock_at_page(roster.folder, nginx[0], tmp_path / "none.conf")
    assert "install.sh" in missing.value.mend


def test_an_nginx_that_does_not_run_is_bad(roster, nginx):
    with pytest.raises(MachineError, match="does not answer on port") as silent:
        knock_at_page(roster.folder, free_port(), nginx[1])
    assert "nginx -t" in silent.value.mend


def test_an_nginx_that_lets_strangers_in_is_to_be_stopped(roster, tmp_path):
    port = settle(tmp_path, roster.folder)
    part = tmp_path / "lfr.conf"
    part.write_text(part.read_text().replace("ssl_verify_client on", "ssl_verify_client optional"))
    with (
        serving(tmp_path, port),
        pytest.raises(TrustError, match="lets in whoever has no certificate") as opened,
    ):
        knock_at_page(roster.folder, port, part)
    assert "stop nginx" in opened.value.mend


def test_an_nginx_that_has_not_yet_read_the_newest_folder_is_bad(roster, nginx, other):
    with pytest.raises(MachineError, match="another certificate") as old:
        knock_at_page(other(roster.authority), *nginx)
    assert "restart nginx" in old.value.mend


def test_an_nginx_of_another_force_is_not_believed(nginx, other):
    with pytest.raises(TrustError, match="not the force's"):
        knock_at_page(other(Authority.create("Another force")), *nginx)


def test_what_is_no_web_server_is_bad(roster, nginx, gate):
    with pytest.raises(MachineError, match="does not answer"):
        knock_at_page(roster.folder, gate, nginx[1])


@pytest.mark.parametrize("name", ["ca.pem", "server.pem"])
def test_without_the_folders_files_nothing_can_be_told(roster, nginx, name):
    (roster.folder / name).write_text("nothing")
    with pytest.raises(SettingsError, match="cannot be read"):
        knock_at_page(roster.folder, *nginx)
    (roster.folder / name).unlink()
    with pytest.raises(SettingsError, match="cannot be read"):
        knock_at_page(roster.folder, *nginx)


# -- The gate


def test_the_broker_answers_behind_the_gate(roster, gate, place):
    said = knock_at_gate(roster.folder, gate, place)
    assert said == "the broker answers behind it; its certificate for 396 more days"


def test_a_computer_without_the_gate_is_told_so(roster, tmp_path):
    with pytest.raises(MachineError, match="is missing") as missing:
        knock_at_gate(roster.folder, free_port(), tmp_path / "gate.sock")
    assert "lfr-gate.socket" in missing.value.mend


@pytest.mark.parametrize("mode", [0o660, 0o602, 0o666])
def test_a_gate_that_others_than_nginx_can_ask_is_bad(roster, gate, place, mode):
    place.chmod(mode)
    with pytest.raises(TrustError, match="which believes them"):
        knock_at_gate(roster.folder, gate, place)


def test_a_gate_behind_which_nobody_answers_is_bad(roster, place):
    with pytest.raises(MachineError, match="does not answer") as silent:
        knock_at_gate(roster.folder, free_port(), place)
    assert "journalctl" in silent.value.mend
