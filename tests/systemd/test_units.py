"""The units: systemd accepts them, and they are as closed as they can be."""

import re
import shutil
import sys

import pytest

from appliance import sealing
from tests.systemd.units import (
    AUDIT,
    INTERIM,
    KEYRING,
    LEDGER,
    LISTS,
    PUBLIC,
    ROOT,
    SANDBOX,
    SERVICES,
    UNITS,
    ask,
    parse,
    service,
    words,
)

EXPOSURE = 20
"""In tenths: the device nodes and the tablets' network keep the appliance's from being less."""
GPU = {
    "char-drm", "char-nvhost*", "char-nvgpu*", "char-nvidia*", "char-host1x*", "/dev/nvmap",
    "/dev/nvsciipc",
}  # fmt: skip
DEVICES = {
    "lfr-appliance.service": {*GPU, "char-video4linux", "char-media"},
    "lfr-engines.service": GPU,
    "lfr-panel.service": {"char-gpiochip"},
}
WRITES = {
    "lfr-appliance.service": [f"-{LISTS}", f"-{KEYRING}", f"-{LEDGER}", f"-{AUDIT}", f"-{INTERIM}"],
    "lfr-close.service": [f"-{LISTS}", f"-{KEYRING}", f"-{LEDGER}", f"-{AUDIT}", f"-{INTERIM}"],
    "lfr-keys.service": [KEYRING, PUBLIC],
    "lfr-update.service": [LISTS, f"-{AUDIT}/spool"],
    "lfr-argus-restart.service": ["-/run/lfr"],
}
USERS = {
    "lfr-appliance.service": "lfr",
    "lfr-close.service": "lfr",
    "lfr-gate.service": "lfr-gate",
    "lfr-keys.service": "lfr",
    "lfr-panel.service": "lfr-panel",
    "lfr-update.service": "lfr-update",
}
REACH = {
    "lfr-appliance.service", "lfr-gate.service", "lfr-panel.service", "lfr-update.service",
}  # fmt: skip
"""Those that talk to anybody; a person lets them talk to more than this machine."""
EACH = pytest.mark.parametrize("name", SERVICES)


@pytest.fixture
def tree(tmp_path):
    """A copy of the units, whose command is one that this machine has."""
    copy = tmp_path / "systemd"
    shutil.copytree(UNITS, copy)
    for file in copy.glob("*.service"):
        text = file.read_text()
        for command in ("lfr", "python"):
            text = text.replace(f"/opt/lfr/bin/{command}", sys.executable)
        file.write_text(text)
    return copy


def verify(tree, name):
    return ask("systemd-analyze", "verify", "--man=no", f"./{name}", cwd=tree)


def exposure(tree, name):
    gate = ("--offline=true", "--no-pager", f"--threshold={EXPOSURE}")
    return ask("systemd-analyze", "security", *gate, f"./{name}", cwd=tree)


# -- systemd's own word


@pytest.mark.parametrize(
    "name", [file.name for file in UNITS.iterdir() if not file.is_dir() and file.suffix != ".conf"]
)
def test_a_unit_is_one_that_systemd_understands(tree, name):
    assert verify(tree, name) == (0, "")


@pytest.mark.parametrize("wrong", ["ProtectSistem=yes", "SystemCallFilter=@mlock", "WatchdogSec=x"])
@pytest.mark.parametrize("where", ["lfr-appliance.service", "lfr-.service.d/10-sandbox.conf"])
def test_a_fault_in_a_unit_would_be_found(tree, where, wrong):
    file = tree / where
    file.write_text(file.read_text() + f"\n[Service]\n{wrong}\n")
    _, said = verify(tree, "lfr-appliance.service")
    assert where in said


@EACH
def test_a_service_is_as_closed_as_its_devices_allow(tree, name):
    rc, said = exposure(tree, name)
    assert rc == 0, said


@EACH
def test_without_what_holds_for_all_it_would_not_pass(tree, name):
    shutil.rmtree(tree / "lfr-.service.d")
    rc, _ = exposure(tree, name)
    assert rc != 0


def test_nothing_is_taken_back_by_what_comes_later():
    """Of a single value the last one counts, and the sandbox comes after the unit."""
    for name in SERVICES:
        own, all_of_them = parse(UNITS / name), parse(SANDBOX)
        lists = {"[Service]", "Environment"}
        assert set(own) & set(all_of_them) <= lists, name
    assert "CapabilityBoundingSet" not in parse(SANDBOX)


# -- Who may what


@EACH
def test_a_service_has_only_its_devices(name):
    settings = service(name)
    allowed = {line.removesuffix(" rw") for line in settings.get("DeviceAllow", [])}
    assert allowed == DEVICES.get(name, set())
    assert settings["DevicePolicy"] == ["closed"]
    assert settings.get("PrivateDevices") == (None if allowed else ["yes"])


@EACH
def test_a_service_writes_only_what_is_its_own(name):
    settings = service(name)
    assert settings["ProtectSystem"] == ["strict"]
    assert words(settings, "ReadWritePaths") == WRITES.get(name, [])
    assert "StateDirectory" not in settings
    assert ("CacheDirectory" in settings) == (name == "lfr-engines.service")


@EACH
def test_a_service_has_a_user_of_its_own_and_no_right_of_roots(name):
    settings = service(name)
    assert settings.get("User") == ([USERS[name]] if name in USERS else None)
    rights = {"lfr-argus-restart.service": "CAP_DAC_OVERRIDE"}
    assert settings["CapabilityBoundingSet"] == [rights.get(name, "")]
    assert settings["NoNewPrivileges"] == ["yes"]


@EACH
def test_a_service_reaches_this_machine_at_most(name):
    settings = service(name)
    assert settings["IPAddressDeny"] == ["any"]
    if "PrivateNetwork" in settings:
        assert words(settings, "RestrictAddressFamilies") == ["AF_UNIX"]
    else:
        assert settings["IPAddressAllow"] == ["localhost"]
    assert (name in REACH) == ("PrivateNetwork" not in settings)


@EACH
@pytest.mark.parametrize("key", ["LimitCORE", "CoredumpFilter", "MemorySwapMax"])
def test_nothing_in_memory_comes_to_lie_on_a_disk(name, key):
    assert service(name)[key] == ["0"]


def test_what_the_appliance_frees_is_overwritten_and_what_is_temporary_lies_in_memory():
    for name in ("lfr-appliance.service", "lfr-gate.service"):
        given = dict(word.split("=", 1) for word in words(service(name), "Environment"))
        # So `lfr run` need not begin anew, nor can the two be of two minds.
        assert given == sealing.environment(given)
        assert given["TMPDIR"] == f"/run/{name.removesuffix('.service').replace('-appliance', '')}"
    assert service("lfr-appliance.service")["RuntimeDirectory"] == ["lfr"]


def test_only_who_looks_or_closes_comes_near_a_key():
    """Whoever parses what others made, fetches, or lights a lamp does not even see the folder."""
    for name in set(SERVICES) - {name for name, user in USERS.items() if user == "lfr"}:
        hidden = {path.lstrip("-") for path in words(service(name), "InaccessiblePaths")}
        assert hidden & {KEYRING, "/var/lib/lfr"}, name


def test_what_two_users_write_both_can_read_and_remove():
    folders = (UNITS / "lfr.tmpfiles.conf").read_text()
    assert f"\nd {LISTS} 2770 lfr-update lfr\n" in folders
    assert f"\nd {KEYRING} 0700 lfr lfr\n" in folders
    assert "\nm lfr-update lfr\n" in (UNITS / "lfr.sysusers.conf").read_text()
    for name in ("lfr-appliance.service", "lfr-close.service", "lfr-update.service"):
        assert service(name)["UMask"] == ["0007"]


def test_only_who_needs_the_socket_of_the_camera_daemon_sees_the_common_tmp():
    shared = [name for name in SERVICES if "PrivateTmp" not in service(name)]
    assert shared == ["lfr-appliance.service"]


def test_the_checkers_are_on_this_machine():
    missing = [name for name in ("systemd-analyze", "udevadm", "unshare") if not shutil.which(name)]
    assert not missing, "apt-get install systemd udev util-linux"


def test_an_alert_under_way_outlives_a_crash_and_not_a_stop():
    settings = service("lfr-appliance.service")
    assert settings["RuntimeDirectoryPreserve"] == ["restart"]
    assert settings["RuntimeDirectoryMode"] == ["0700"]


def test_only_nginx_reaches_the_gate_which_believes_it():
    socket = parse(UNITS / "lfr-gate.socket")
    assert (socket["SocketUser"], socket["SocketMode"]) == (["www-data"], ["0600"])
    nginx = (ROOT / "provisioning" / "nginx" / "lfr.conf").read_text()
    inner, outer = socket["ListenStream"]
    assert f"http://unix:{inner};" in nginx
    assert outer == "8883"
    assert "lfr-gate.socket" in service("lfr-gate.service")["Requires"]
    assert "/etc/lfr/tablets" in " ".join(service("lfr-gate.service")["InaccessiblePaths"])


def test_the_key_of_the_vans_server_is_for_the_broker_and_root_alone():
    folders = (UNITS / "lfr.tmpfiles.conf").read_text()
    assert "\nz /etc/lfr/tablets/server.key 0640 root mosquitto\n" in folders
    assert f"\nd {LEDGER} 0700 lfr lfr\n" in folders
    assert f"\nd {AUDIT} 0750 lfr lfr\n" in folders
    assert f"\nd {INTERIM} 0700 lfr lfr\n" in folders
    assert f"\nd {AUDIT}/spool 3770 lfr lfr\n" in folders


# -- Users


def test_the_users_are_such_as_systemd_can_make():
    assert ask("systemd-sysusers", "--dry-run", str(UNITS / "lfr.sysusers.conf"))[0] == 0


def test_a_fault_in_the_users_would_be_found(tmp_path):
    wrong = tmp_path / "wrong.conf"
    wrong.write_text((UNITS / "lfr.sysusers.conf").read_text() + "x lfr\n")
    assert ask("systemd-sysusers", "--dry-run", str(wrong))[0] != 0


def test_every_user_and_group_of_the_units_is_made():
    made = (UNITS / "lfr.sysusers.conf").read_text()
    for name in SERVICES:
        settings = service(name)
        for user in words(settings, "User"):
            assert f"\nu {user} " in made
        for group in words(settings, "SupplementaryGroups"):
            assert re.search(rf"^[gu] {group} ", made, re.MULTILINE) or group == "video", group
