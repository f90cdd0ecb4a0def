"""What the van adds to its servers' own services: no memory on a disk, and who reaches them."""

import shutil
import sys
from pathlib import Path

import pytest

from provisioning.gate.__main__ import BROKER
from tests.systemd.units import ROOT, UNITS, ask, parse

NAMES = ("mosquitto.service", "nginx.service")
"""Of packages; the van adds something to each."""
EACH = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def servers(tmp_path):
    """The packages' services and what is added, whose command is one that this machine has."""
    for name in NAMES:
        shutil.copy(Path("/lib/systemd/system") / name, tmp_path)
        added = (UNITS / f"{name}.d" / "lfr.conf").read_text()
        (tmp_path / f"{name}.d").mkdir()
        text = added.replace("/opt/lfr/bin/python", sys.executable)
        (tmp_path / f"{name}.d" / "lfr.conf").write_text(text)
    return tmp_path


def verify(servers, name):
    return ask("systemd-analyze", "verify", "--man=no", f"./{name}", cwd=servers)


def test_only_the_gate_reaches_the_brokers_socket_which_believes_it():
    listeners = (ROOT / "provisioning" / "mosquitto" / "lfr.conf").read_text()
    assert f"\nlistener 0 {BROKER}\n" in listeners
    folders = (UNITS / "lfr.tmpfiles.conf").read_text()
    assert f"\nd {BROKER.parent} 2710 mosquitto lfr-gate\n" in folders
    groups = (UNITS / "lfr.sysusers.conf").read_text()
    assert " lfr-gate\n" not in groups.replace("m lfr-gate lfr-settings\n", "")
    assert parse(UNITS / "mosquitto.service.d" / "lfr.conf")["UMask"] == ["0007"]


@EACH
def test_what_is_added_to_the_service_of_a_package_is_what_systemd_understands(servers, name):
    assert verify(servers, name) == (0, "")


@EACH
def test_a_fault_in_what_is_added_would_be_found(servers, name):
    file = servers / f"{name}.d" / "lfr.conf"
    file.write_text(file.read_text() + "\n[Service]\nMemorySwapMux=0\n")
    assert f"{name}.d/lfr.conf" in verify(servers, name)[1]


@EACH
def test_nothing_in_a_servers_memory_comes_to_lie_on_a_disk(name):
    added = parse(UNITS / f"{name}.d" / "lfr.conf")
    assert added["LimitCORE"] == added["CoredumpFilter"] == added["MemorySwapMax"] == ["0"]


def test_a_broker_that_is_full_is_ended_before_it_sends_everybody_away():
    most_mb = parse(UNITS / "mosquitto.service.d" / "lfr.conf")["MemoryMax"]
    configuration = (ROOT / "provisioning" / "mosquitto" / "lfr.conf").read_text()
    own_bytes = int(configuration.partition("\nmemory_limit ")[2].split()[0])
    assert int(most_mb[0].removesuffix("M")) << 20 < own_bytes


def test_the_broker_is_tried_for_ever_and_starts_with_this_vans_lists():
    added = parse(UNITS / "mosquitto.service.d" / "lfr.conf")
    assert (added["Restart"], added["StartLimitIntervalSec"]) == (["always"], ["0"])
    (command,) = added["ExecStartPre"]
    folder = f"/run/{added['RuntimeDirectory'][0]}"
    assert command.endswith(f" -m provisioning.access {folder}")
    lists = (ROOT / "provisioning" / "mosquitto" / "lfr.conf").read_text().split("\nacl_file ")[1:]
    assert {text.split("\n")[0].rpartition("/")[0] for text in lists} == {folder}
