"""A whole van on a real systemd: installed, put on duty, disturbed, and taken away again.

The computer is this one in namespaces of its own: it has no GPU and no pins, so the machine is the
host and the lamp pretends; users, sandboxes, sockets, the broker and all units are the van's.
"""

import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from appliance.demo.film import default_people
from appliance.demo.van import Scene, draft, equip
from appliance.settings import CameraSettings
from engines.packs import cache_folder, resolve
from provisioning.trial import HERE
from tests.provisioning.van.checkout import FILES, PARTS, ROOT
from tests.provisioning.van.computer import computer

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="a computer of its own needs root, as CI is"),
]
INSTALL = "/run/given/checkout/provisioning/install.sh"
# What a van has and this computer has not: the names of JetPack, of TensorRT and of a daemon.
JETPACK = """
rm -f /etc/os-release
printf 'ID=ubuntu\\nVERSION_ID="22.04"\\n' >/etc/os-release
echo '# R36 (release), REVISION: 4.3, GCID: 1, BOARD: generic' >/etc/nv_tegra_release
: >/usr/lib/python3/dist-packages/tensorrt.py
header=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h
mkdir -p /usr/local/cuda/bin "$(dirname "$header")"
[ -x /usr/local/cuda/bin/nvcc ] || install -m 755 /bin/true /usr/local/cuda/bin/nvcc
[ -e "$header" ] || : >"$header"
command -v g++ || install -m 755 /bin/true /usr/bin/g++
printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/nvargus-daemon.service
/lib/systemd/systemd-udevd --daemon
systemctl daemon-reload
"""
COMMISSION = """
cp /run/given/appliance.toml /run/given/keys.json /etc/lfr/
cp /run/given/list/* /var/lib/lfr-update/inbox/
cp -r /run/given/networks/dlib /var/cache/lfr/
systemd-tmpfiles --create /usr/lib/tmpfiles.d/lfr.conf
systemctl start lfr-update.service
"""
PLACES = "/etc /opt /usr/lib /usr/local /usr/share/lfr /var/lib /var/cache"
TREE = (
    f"find {PLACES} -path /var/lib/mosquitto -prune"
    " -o -type d -printf '%p %m %U %G\n' -o -printf '%p %y %m %U %G %l %s %T@\n' | LC_ALL=C sort"
)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """The checkout with its real locks, and what it installs; a film, a list, the networks."""
    folder = tmp_path_factory.mktemp("given")
    ignore = shutil.ignore_patterns("__pycache__", "node_modules")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / "checkout" / part, ignore=ignore)
    for file in (*FILES, "requirements.lock"):
        shutil.copy(ROOT / file, folder / "checkout")
    (folder / "root").mkdir()
    script = folder / "checkout" / "provisioning" / "install.sh"
    done = subprocess.run(
        ["sh", str(script), "--root", str(folder / "root")], capture_output=True, text=True,
        check=False, timeout=500, env={**os.environ, "CUDA": "/nowhere"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    equip_van(folder)
    shutil.copytree(cache_folder() / "dlib", folder / "networks" / "dlib", symlinks=True)
    # Whoever is who there, it is for all to read; only the way hither is closed.
    folder.chmod(0o755)
    return folder


def equip_van(folder):
    picture = np.full((480, 640, 3), (90, 120, 60), np.uint8)
    (folder / "street.mjpeg").write_bytes(cv2.imencode(".jpg", picture)[1].tobytes() * 50)
    pack = resolve("dlib", None, fetch=True, notify=lambda _: None).pack.name
    camera = CameraSettings(uri=str(folder / "street.mjpeg"), loop=True)
    scene = Scene(camera, default_people(folder / "people", folder / "nothing"), 1883)
    van = folder / "van"
    van.mkdir()
    settings = draft(van, scene, pack)
    equip(settings, scene, lambda _: None)
    (folder / "list").mkdir()
    for file in settings.watchlist.folder.glob("*.json"):
        shutil.copy(file, folder / "list")
    shutil.copy(settings.watchlist.keys, folder / "keys.json")
    (folder / "appliance.toml").write_text(f"""
van = "van-1"
machine = "host"
[[camera]]
name = "mast-1"
uri = "/run/given/street.mjpeg"
loop = true
[vision]
pack = "{pack}"
[panel]
process = "own"
[deployment]
latitude_deg = {HERE.latitude_deg}
longitude_deg = {HERE.longitude_deg}
""")


@pytest.fixture(scope="module")
def start(given, tmp_path_factory):
    """Start computers; each is gone when its block ends."""

    @contextmanager
    def start(*, jetson):
        with computer(tmp_path_factory.mktemp("computer"), given / "root" / "opt", given) as van:
            if jetson:
                van.shell(JETPACK)
            yield van

    return start


@pytest.fixture
def jetson(start):
    """One on which nothing is installed."""
    with start(jetson=True) as van:
        yield van


@pytest.fixture(scope="module")
def duty(start):
    """One on duty. Tests leave it so."""
    with start(jetson=True) as van:
        van("sh", INSTALL)
        van.shell(COMMISSION)
        with van.hears("lfr-panel", '"lamp": "looking"'):
            van("systemctl", "start", "lfr.target")
        yield van


def tree(van):
    """Every file that an installation could touch, with owner, mode, size and time."""
    return van.shell(TREE, check=False)


def names(listing):
    return {line.split(" ", 1)[0] for line in listing.splitlines()}


def process(van, unit):
    """What the kernel says of a service's main process."""
    status = van("cat", f"/proc/{van.show(unit, 'MainPID')}/status")
    return dict(re.findall(r"^(\w+):\s*(.*)$", status, re.MULTILINE))


# -- Installing


def test_a_computer_that_is_no_jetson_is_told_what_it_lacks_and_nothing_is_changed(start):
    with start(jetson=False) as van:
        before = tree(van)
        said = van.shell(f"sh {INSTALL} || echo left with $?")
        assert "left with 69" in said
        assert "JetPack 6 or 7" in said
        assert "sudo apt-get install" in said
        assert "python3-libnvinfer" in said
        assert tree(van) == before


def test_only_root_may_install(jetson):
    said = jetson.shell(f"sh {INSTALL} || echo left with $?", user="daemon")
    assert "left with 64" in said
    assert "--root" in said


def test_it_makes_users_and_folders_and_a_second_run_changes_nothing(jetson):
    jetson("sh", INSTALL)
    assert set(jetson("id", "-nG", "lfr").split()) == {"lfr", "lfr-settings", "render", "video"}
    assert set(jetson("id", "-nG", "lfr-panel").split()) == {"lfr-panel", "lfr-settings", "gpio"}
    assert set(jetson("id", "-nG", "lfr-update").split()) == {"lfr-update", "lfr-settings"}
    before = tree(jetson)
    jetson("sh", INSTALL)
    assert tree(jetson) == before


def test_it_is_gone_without_a_trace_after_a_purge(jetson):
    before, accounts = names(tree(jetson)), jetson("sort", "/etc/passwd", "/etc/group")
    jetson("sh", INSTALL)
    jetson.shell(COMMISSION)
    with jetson.hears("lfr-panel", '"lamp": "looking"'):
        jetson("systemctl", "start", "lfr.target")
    jetson("sh", INSTALL, "--uninstall", "--purge")
    assert names(tree(jetson)) - before == set()
    made_by_sysusers = {"gpio"}
    after = jetson("sort", "/etc/passwd", "/etc/group")
    left = set(after.splitlines()) - set(accounts.splitlines())
    assert {line.split(":")[0] for line in left} <= made_by_sysusers
    known = jetson("systemctl", "list-unit-files", "--no-legend", "lfr*", check=False)
    running = jetson("systemctl", "list-units", "--no-legend", "--state=active,failed", "lfr*")
    assert (known, running) == ("", "")


def test_settings_and_keys_outlive_a_removal_and_the_list_does_not(jetson):
    jetson("sh", INSTALL)
    jetson.shell(COMMISSION)
    jetson("sh", INSTALL, "--uninstall")
    left = jetson.shell("find /etc/lfr /var/lib/lfr* /var/cache/lfr 2>/dev/null || true").split()
    assert set(left) == {"/etc/lfr", "/etc/lfr/appliance.toml", "/etc/lfr/keys.json"}


def test_wrong_settings_are_not_tried_again(jetson):
    jetson("sh", INSTALL)
    jetson.shell("echo 'nonsense = 1' >/etc/lfr/appliance.toml")
    for unit in ("lfr-appliance", "lfr-panel"):
        with jetson.hears(unit, "Failed with result 'exit-code'"):
            jetson("systemctl", "start", "--no-block", unit)
        assert jetson.show(unit, "ExecMainStatus") == "78"
        assert jetson.show(unit, "NRestarts") == "0"


def test_the_engines_are_built_once_and_again_when_a_package_has_changed(jetson):
    """Only the command is another: what it builds needs the GPU."""
    jetson("sh", INSTALL)
    jetson.shell("""
        mkdir /etc/systemd/system/lfr-engines.service.d
        cd /etc/systemd/system/lfr-engines.service.d
        printf '[Service]\\nExecStart=\\n' >a.conf
        echo 'ExecStart=/bin/sh -c "echo built >>/var/cache/lfr/engines/log"' >>a.conf
        systemctl daemon-reload
    """)
    again = "systemctl restart lfr-engines; wc -l </var/cache/lfr/engines/log"
    assert jetson.shell(again).split() == ["1"]
    assert jetson.shell(again).split() == ["1"]
    assert jetson.shell(f"touch -d tomorrow /var/lib/dpkg/status; {again}").split() == ["2"]


# -- On duty


def test_the_whole_van_is_on_duty(duty):
    for unit in (
        "lfr-appliance",
        "lfr-panel",
        "mosquitto",
        "lfr-update.timer",
        "lfr-argus-restart.path",
    ):
        assert duty.show(unit, "ActiveState") == "active", unit
    assert "faces seen" in duty.show("lfr-appliance", "StatusText")
    assert duty.show("lfr-panel", "StatusText") == "the lamp says looking"


@pytest.mark.parametrize("unit", ["lfr-appliance", "lfr-panel"])
def test_a_service_has_no_right_and_cannot_gain_one(duty, unit):
    status = process(duty, unit)
    user = {"lfr-appliance": "lfr", "lfr-panel": "lfr-panel"}[unit]
    assert status["Uid"].split()[0] == duty("id", "-u", user).strip() != "0"
    assert {int(status[f"Cap{kind}"], 16) for kind in ("Prm", "Eff", "Bnd", "Amb")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


@pytest.mark.parametrize(
    ("unit", "user", "folder", "writable"),
    [
        ("lfr-appliance", "lfr", "/run/lfr", True),
        ("lfr-appliance", "lfr", "/var/lib/lfr/watchlist", False),
        ("lfr-appliance", "root", "/var/lib/lfr/watchlist", False),
        ("lfr-appliance", "root", "/var/cache/lfr/engines", False),
        ("lfr-appliance", "root", "/tmp", False),
        ("lfr-appliance", "root", "/etc", False),
        ("lfr-panel", "lfr-panel", "/run/lfr-panel", True),
        ("lfr-panel", "lfr-panel", "/run/lfr", False),
        ("lfr-panel", "root", "/var/lib/lfr", False),
    ],
)
def test_a_service_writes_in_memory_alone(duty, unit, user, folder, writable):
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
    ("user", "may_read"),
    [("lfr", True), ("lfr-update", True), ("lfr-panel", False), ("daemon", False)],
)
def test_only_who_needs_the_list_reads_it(duty, user, may_read):
    file = "/var/lib/lfr/watchlist/watchlist.dsse.json"
    assert (
        "reads" in duty.shell(f"cat {file} >/dev/null && echo reads", user=user, check=False)
    ) == may_read
    owner = duty("stat", "-c", "%U %G %a", file).split()
    assert owner == ["lfr-update", "lfr", "640"]


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


def test_what_is_not_to_be_believed_stays_outside(duty):
    held = duty("sha256sum", "/var/lib/lfr/watchlist/watchlist.dsse.json")
    duty.shell("echo '{}' >/var/lib/lfr-update/inbox/watchlist.dsse.json")
    duty("systemctl", "start", "lfr-update", check=False)
    assert duty.show("lfr-update", "Result") == "exit-code"
    assert duty("sha256sum", "/var/lib/lfr/watchlist/watchlist.dsse.json") == held
    duty.shell("cp /run/given/list/watchlist.dsse.json /var/lib/lfr-update/inbox/")
    duty("systemctl", "start", "lfr-update")
    assert duty("ls", "/var/lib/lfr-update/inbox") == ""
    assert duty("sha256sum", "/var/lib/lfr/watchlist/watchlist.dsse.json") == held


def test_an_empty_drop_folder_starts_nothing(duty):
    before = duty.show("lfr-update", "ExecMainStartTimestampMonotonic")
    duty("systemctl", "start", "lfr-update")
    assert duty.show("lfr-update", "ExecMainStartTimestampMonotonic") == before
    assert duty.show("lfr-update", "ConditionResult") == "no"
