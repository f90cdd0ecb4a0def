"""A van on duty: who may what, and what becomes of it when it is disturbed."""

import json
import os
import re

import pytest

from tests.provisioning.van.given import INSTALL

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="a computer of its own needs root, as CI is"),
]


def process(van, unit):
    """What the kernel says of a service's main process."""
    status = van("cat", f"/proc/{van.show(unit, 'MainPID')}/status")
    return dict(re.findall(r"^(\w+):\s*(.*)$", status, re.MULTILINE))


# -- On duty


def test_the_whole_van_is_on_duty(duty):
    for unit in (
        "lfr-appliance", "lfr-panel", "mosquitto", "lfr-update.timer", "lfr-update.path",
        "lfr-close.timer", "lfr-argus-restart.path", "lfr-gate", "lfr-gate.socket", "nginx",
    ):  # fmt: skip
        assert duty.show(unit, "ActiveState") == "active", unit
    assert "faces seen" in duty.show("lfr-appliance", "StatusText")
    assert duty.looks()


CURL = "curl -sS --cacert {0}/van/ca.pem --cert {0}/{1}.pem --key {0}/{1}.key https://localhost{2}"


def test_a_tablet_gets_the_page_and_is_told_who_it_is(duty, force):
    folder = force.papers
    told = json.loads(duty.shell(CURL.format(folder, "tablet-1", "/config.json")))
    assert told["broker"] == "wss://localhost/mqtt"
    assert (told["van"], told["tablet"]) == ("van-1", "tablet-1")
    assert "<script" in duty.shell(CURL.format(folder, "tablet-1", "/"))
    assert "Permission denied" in duty(
        "cat", "/etc/lfr/tablets/server.key", user="lfr", check=False
    )


@pytest.mark.parametrize("unit", ["lfr-appliance", "lfr-panel", "lfr-gate"])
def test_a_service_has_no_right_and_cannot_gain_one(duty, unit):
    status = process(duty, unit)
    user = {"lfr-appliance": "lfr"}.get(unit, unit)
    assert status["Uid"].split()[0] == duty("id", "-u", user).strip() != "0"
    assert {int(status[f"Cap{kind}"], 16) for kind in ("Prm", "Eff", "Bnd", "Amb")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


@pytest.mark.parametrize(
    ("unit", "user", "folder", "writable"),
    [
        ("lfr-appliance", "lfr", "/run/lfr", True),
        ("lfr-appliance", "lfr", "/var/lib/lfr/public", False),
        ("lfr-appliance", "root", "/var/lib/lfr/public", False),
        ("lfr-appliance", "root", "/var/cache/lfr/engines", False),
        ("lfr-appliance", "root", "/tmp", False),
        ("lfr-appliance", "root", "/etc", False),
        ("lfr-panel", "lfr-panel", "/run/lfr-panel", True),
        ("lfr-panel", "lfr-panel", "/run/lfr", False),
        ("lfr-panel", "root", "/var/lib/lfr", False),
    ],
)
def test_a_service_writes_in_memory_and_where_lists_end(duty, unit, user, folder, writable):
    """On a disk even root could not, where the service is; /run lies in memory."""
    there = ["nsenter", "--target", duty.show(unit, "MainPID"), "--mount"]
    uid, gid = duty("id", "-u", user).strip(), duty("id", "-g", user).strip()
    us = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    said = duty(*there, *us, "touch", f"{folder}/x", check=False)
    if writable:
        assert said == ""
    else:
        assert re.search("Read-only file system|Permission denied|No such file", said)


@pytest.mark.parametrize(
    ("folder", "may_read"),
    [
        ("/var/lib/lfr/watchlist/generations", {"lfr", "lfr-update"}),
        ("/var/lib/lfr/keyring", {"lfr"}),
        ("/var/lib/lfr/public", {"lfr", "lfr-update", "lfr-panel", "daemon"}),
    ],
)
@pytest.mark.parametrize("user", ["lfr", "lfr-update", "lfr-panel", "daemon"])
def test_a_list_is_for_two_users_and_its_key_for_one(duty, user, folder, may_read):
    look = f"ls {folder}/* >/dev/null && echo reads"
    assert ("reads" in duty.shell(look, user=user, check=False)) == (user in may_read)


@pytest.mark.parametrize(
    ("user", "may_read"),
    [("lfr", True), ("lfr-update", True), ("lfr-panel", True), ("daemon", False)],
)
def test_the_settings_are_for_the_vans_users_alone(duty, user, may_read):
    look = "cat /etc/lfr/appliance.toml >/dev/null && echo reads"
    assert ("reads" in duty.shell(look, user=user, check=False)) == may_read


def test_the_command_finds_the_networks_that_the_services_use(duty):
    said = duty("lfr", "check", "--json", user="lfr", check=False)
    (models,) = [line for line in json.loads(said) if line["name"] == "models"]
    assert models["ok"], models


def test_it_is_not_installed_anew_under_a_van_on_duty(duty):
    said = duty.shell(f"sh {INSTALL} || echo left with $?")
    assert "left with 75" in said
    assert duty.show("lfr-appliance", "ActiveState") == "active"


@pytest.mark.parametrize(
    ("user", "may_come"), [("lfr-gate", True), ("lfr", False), ("lfr-update", False)]
)
def test_whom_the_broker_believes_comes_by_a_socket_for_the_gate_alone(duty, user, may_come):
    code = (
        "import socket; socket.socket(socket.AF_UNIX).connect('/run/lfr-broker/gate.sock');"
        "print('is in')"
    )
    said = duty("/opt/lfr/bin/python", "-c", code, user=user, check=False)
    assert ("is in" in said) == may_come, said


@pytest.mark.parametrize("unit", ["mosquitto", "nginx"])
def test_no_server_that_holds_a_face_is_swapped_or_leaves_a_core(duty, unit):
    assert duty.show(unit, "MemorySwapMax") == duty.show(unit, "LimitCORE") == "0"
    filtered = duty("cat", f"/proc/{duty.show(unit, 'MainPID')}/coredump_filter")
    assert int(filtered, 16) == 0


# -- Disturbed


def test_a_van_that_hangs_is_restarted_and_the_lamp_says_so_meanwhile(duty):
    before = int(duty.show("lfr-appliance", "NRestarts"))
    with (
        duty.hears("lfr-panel", '"lamp": "looking"'),
        duty.hears("lfr-panel", '"lamp": "fault"'),
        duty.hears("lfr-appliance", "Watchdog timeout"),
    ):
        duty("kill", "-STOP", duty.show("lfr-appliance", "MainPID"))
    assert int(duty.show("lfr-appliance", "NRestarts")) == before + 1


@pytest.mark.parametrize("unit", ["lfr-appliance", "lfr-panel", "mosquitto"])
def test_whatever_is_killed_the_lamp_looks_again(duty, unit):
    if unit == "mosquitto":
        duty("systemctl", "reset-failed", unit)
    with duty.hears("lfr-panel", '"lamp": "looking"'):
        duty("systemctl", "kill", "--signal=KILL", unit)
    assert duty.show("lfr-appliance", "ActiveState") == "active"


def test_the_camera_daemon_is_restarted_at_the_appliances_word(duty):
    duty("systemctl", "start", "nvargus-daemon")
    before = duty.show("nvargus-daemon", "InvocationID")
    with duty.hears("lfr-argus-restart.service", "Finished"):
        duty("touch", "/run/lfr/argus-restart", user="lfr")
    assert duty.show("nvargus-daemon", "InvocationID") != before
    assert "argus-restart" not in duty("ls", "/run/lfr")
    assert duty.show("lfr-argus-restart.path", "ActiveState") == "active"
