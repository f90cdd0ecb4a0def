"""The units, rules and users: systemd accepts them, and they are as closed as they can be."""

import os
import re
import shutil
import sys

import pytest

from appliance.errors import SettingsError
from appliance.jetson import argus
from appliance.settings import GpuSettings, WatchlistSettings
from engines.packs import cache_folder
from tests.systemd.units import EVERY, ROOT, SANDBOX, SERVICES, UNITS, ask, parse, service, words

RULES = ROOT / "udev" / "99-lfr.rules"
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
    "lfr-update.service": set(),
    "lfr-argus-restart.service": set(),
}
WRITES = {
    "lfr-appliance.service": [],
    "lfr-engines.service": [],
    "lfr-panel.service": [],
    "lfr-update.service": ["/var/lib/lfr/watchlist", "/var/lib/lfr-update/inbox"],
    "lfr-argus-restart.service": ["-/run/lfr"],
}
USERS = {
    "lfr-appliance.service": "lfr",
    "lfr-panel.service": "lfr-panel",
    "lfr-update.service": "lfr-update",
}
EACH = pytest.mark.parametrize("name", SERVICES)


@pytest.fixture
def tree(tmp_path):
    """A copy of the units, whose command is one that this machine has."""
    copy = tmp_path / "systemd"
    shutil.copytree(UNITS, copy)
    for file in copy.glob("*.service"):
        file.write_text(file.read_text().replace("/opt/lfr/bin/lfr", sys.executable))
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
    assert allowed == DEVICES[name]
    assert settings["DevicePolicy"] == ["closed"]
    assert settings.get("PrivateDevices") == (None if allowed else ["yes"])


@EACH
def test_a_service_writes_only_what_is_its_own(name):
    settings = service(name)
    assert settings["ProtectSystem"] == ["strict"]
    assert words(settings, "ReadWritePaths") == WRITES[name]
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
        assert name in {"lfr-appliance.service", "lfr-panel.service"}


@EACH
@pytest.mark.parametrize(("key", "value"), [("LimitCORE", "0"), ("MemorySwapMax", "0")])
def test_nothing_in_memory_comes_to_lie_on_a_disk(name, key, value):
    assert service(name)[key] == [value]


def test_what_the_appliance_frees_is_overwritten_and_what_is_temporary_lies_in_memory():
    environment = words(service("lfr-appliance.service"), "Environment")
    assert {"MALLOC_PERTURB_=165", "PYTHONMALLOC=malloc", "TMPDIR=/run/lfr"} <= set(environment)
    assert service("lfr-appliance.service")["RuntimeDirectory"] == ["lfr"]


def test_only_who_needs_the_socket_of_the_camera_daemon_sees_the_common_tmp():
    shared = [name for name in SERVICES if "PrivateTmp" not in service(name)]
    assert shared == ["lfr-appliance.service"]


# -- When


@pytest.mark.parametrize("name", ["lfr-appliance.service", "lfr-panel.service"])
def test_wrong_settings_are_not_tried_again_but_everything_else_is(name):
    settings = service(name)
    assert settings["RestartPreventExitStatus"] == [str(SettingsError.exit_code)]
    assert settings["Restart"] == ["always"]
    assert settings["Type"] == ["notify"]
    assert int(settings["WatchdogSec"][0]) <= 10
    assert settings["StartLimitIntervalSec"] == ["0"]


def test_the_appliance_waits_for_the_engines_and_the_lamp():
    settings = service("lfr-appliance.service")
    for other in ("lfr-engines.service", "lfr-panel.service", "mosquitto.service"):
        assert other in words(settings, "After")
        assert other in words(settings, "Wants")


def test_the_target_brings_all_of_the_van_and_takes_it_away():
    wanted = set(words(parse(UNITS / "lfr.target"), "Wants"))
    assert wanted == {
        "lfr-appliance.service", "lfr-panel.service", "lfr-update.timer", "lfr-argus-restart.path",
    }  # fmt: skip
    for name in wanted:
        assert parse(UNITS / name)["PartOf"] == ["lfr.target"]


# -- Of one mind with the programs


def test_the_camera_daemon_is_asked_for_by_the_file_that_the_appliance_writes():
    runtime = service("lfr-appliance.service")["RuntimeDirectory"][0]
    asked = f"/run/{runtime}/{argus.REQUEST}"
    assert parse(UNITS / "lfr-argus-restart.path")["PathExists"] == [asked]
    first, second = service("lfr-argus-restart.service")["ExecStart"]
    assert first == f"/bin/rm -f {asked}"
    assert second == "/usr/bin/systemctl restart nvargus-daemon.service"


def test_the_folders_are_those_of_the_settings(monkeypatch):
    folders = (UNITS / "lfr.tmpfiles.conf").read_text()
    for folder in (GpuSettings().cache, WatchlistSettings().folder, WatchlistSettings().inbox):
        assert re.search(rf"^d {folder} ", folders, re.MULTILINE), folder
    assert words(service("lfr-update.service"), "ReadWritePaths") == [
        str(WatchlistSettings().folder), str(WatchlistSettings().inbox),
    ]  # fmt: skip
    cached = words(service("lfr-engines.service"), "CacheDirectory")
    assert str(GpuSettings().cache) in {f"/var/cache/{name}" for name in cached}
    (home,) = [v for v in words(parse(SANDBOX), "Environment") if v.startswith("XDG_CACHE_HOME=")]
    monkeypatch.setenv(*home.split("="))
    assert str(cache_folder()) == "/var/cache/lfr"


@pytest.mark.parametrize("file", [*EVERY, RULES], ids=lambda file: file.name)
def test_what_has_not_run_on_a_jetson_says_so(file):
    assert file.read_text().startswith("# Not yet run on a Jetson")


# -- Users and rules


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
            assert f"\ng {group} " in made or group == "video", group


def complaints(folder, text):
    """Give udev's complaints about a file of rules.

    udev older than 254 only checks what lies in its own folder, so there, as far as it sees,
    `folder` is that one.
    """
    rules = folder / RULES.name
    rules.write_text(text)
    _, said = ask("udevadm", "verify", str(rules))
    if "Unknown command" in said:
        apart = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "-rm"]
        there = 'mount --bind "$0" /etc/udev/rules.d && udevadm test -a add /sys/class/net/lo'
        _, said = ask(*apart, "sh", "-c", there, str(folder))
        assert f"Reading rules file: /etc/udev/rules.d/{RULES.name}" in said
    lines = [line for line in said.splitlines() if re.search(rf"{RULES.name}:\d", line)]
    return [line for line in lines if "'gpio'" not in line]


def test_the_rules_are_such_as_udev_understands(tmp_path):
    assert complaints(tmp_path, RULES.read_text()) == []


@pytest.mark.parametrize("wrong", ['GROPU="video"', 'KERNEL=="a", GROUP="nobody-knows-it"', "x"])
def test_a_fault_in_the_rules_would_be_found(tmp_path, wrong):
    assert complaints(tmp_path, RULES.read_text() + wrong + "\n")


def test_the_checkers_are_on_this_machine():
    missing = [name for name in ("systemd-analyze", "udevadm", "unshare") if not shutil.which(name)]
    assert not missing, "apt-get install systemd udev util-linux"
