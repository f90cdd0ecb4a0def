"""The units, rules and users are such as systemd's own checkers accept."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.errors import SettingsError

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "systemd" / "lfr-appliance.service"
USERS = ROOT / "systemd" / "lfr.sysusers.conf"
RULES = ROOT / "udev" / "99-lfr.rules"
EXPOSURE = 20
"""In tenths: the device nodes and the tablets' network keep it from being less."""


def ask(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    return done.returncode, done.stdout + done.stderr


def verify(folder, text):
    """Check a unit whose command is one that this machine has."""
    unit = folder / UNIT.name
    unit.write_text(text.replace("/opt/lfr/bin/lfr", sys.executable))
    return ask("systemd-analyze", "verify", "--man=no", str(unit))


def udev(folder, text):
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


@pytest.fixture
def service():
    # Repeated keys are systemd's way of a list; the last one is enough for these promises.
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(UNIT)
    return parser["Service"]


def test_the_unit_is_one_that_systemd_understands(tmp_path):
    assert verify(tmp_path, UNIT.read_text()) == (0, "")


@pytest.mark.parametrize("wrong", ["ProtectSistem=yes", "SystemCallFilter=@mlock", "WatchdogSec=x"])
def test_a_fault_in_the_unit_would_be_found(tmp_path, wrong):
    _, said = verify(tmp_path, UNIT.read_text().replace("UMask=0077", wrong))
    assert UNIT.name in said


def test_the_unit_is_as_closed_as_the_devices_allow():
    gate = ("--offline=true", "--no-pager", f"--threshold={EXPOSURE}")
    rc, said = ask("systemd-analyze", "security", *gate, str(UNIT))
    assert rc == 0, said


def test_an_open_unit_would_not_pass(tmp_path):
    bare = tmp_path / UNIT.name
    bare.write_text(f"[Service]\nExecStart={sys.executable}\n")
    gate = ("--offline=true", "--no-pager", f"--threshold={EXPOSURE}")
    rc, _ = ask("systemd-analyze", "security", *gate, str(bare))
    assert rc != 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LimitCORE", "0"),
        ("MemorySwapMax", "0"),
        ("LimitMEMLOCK", "infinity"),
        ("ProtectSystem", "strict"),
        ("DevicePolicy", "closed"),
        ("IPAddressDeny", "any"),
        ("RuntimeDirectory", "lfr"),
    ],
)
def test_no_face_can_reach_a_disk_or_another_machine(service, name, value):
    assert service[name] == value


@pytest.mark.parametrize("line", ["MALLOC_PERTURB_=165", "PYTHONMALLOC=malloc", "TMPDIR=/run/lfr"])
def test_what_is_freed_is_overwritten_and_what_is_temporary_lies_in_memory(line):
    assert f"\nEnvironment={line}\n" in UNIT.read_text()


def test_wrong_settings_are_not_tried_again_but_everything_else_is(service):
    assert service["RestartPreventExitStatus"] == str(SettingsError.exit_code)
    assert service["Restart"] == "always"
    assert service["Type"] == "notify"
    assert service["WatchdogSec"] == "5"


@pytest.mark.parametrize("file", [UNIT, USERS, RULES], ids=lambda file: file.name)
def test_what_has_not_run_on_a_jetson_says_so(file):
    assert file.read_text().startswith("# Not yet run on a Jetson")


def test_the_users_are_such_as_systemd_can_make():
    assert ask("systemd-sysusers", "--dry-run", str(USERS))[0] == 0


def test_a_fault_in_the_users_would_be_found(tmp_path):
    wrong = tmp_path / "wrong.conf"
    wrong.write_text(USERS.read_text() + "x lfr\n")
    assert ask("systemd-sysusers", "--dry-run", str(wrong))[0] != 0


def test_the_rules_are_such_as_udev_understands(tmp_path):
    assert udev(tmp_path, RULES.read_text()) == []


@pytest.mark.parametrize("wrong", ['GROPU="video"', 'KERNEL=="a", GROUP="nobody-knows-it"', "x"])
def test_a_fault_in_the_rules_would_be_found(tmp_path, wrong):
    assert udev(tmp_path, RULES.read_text() + wrong + "\n")


def test_the_checkers_are_on_this_machine():
    missing = [name for name in ("systemd-analyze", "udevadm", "unshare") if not shutil.which(name)]
    assert not missing, "apt-get install systemd udev util-linux"
