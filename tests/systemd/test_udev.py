"""What udev makes of cameras, chips and pulse generators: a real udev, on files made up here."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.systemd.units import RULES, UNITS, ask, parse, service, words

GPIO = 990
USB = "devices/platform/bus@0/3610000.usb/usb1/1-2"
CAPTURE = "devices/platform/tegra-capture-vi"
CHIP = "devices/platform/bus@0/2200000.gpio/gpiochip0"
STICK = "devices/platform/usb1/1-2/1-2:1.0/host0/target0:0:0/0:0:0:0/block/sda/sda1"
PULSES = "devices/platform/bus@0/3280000.pwm/pwm/pwmchip0"
# Everything that udev would change lies in memory of its own: /dev, its data, the group of pins.
TRY = """
set -e
mount -t tmpfs none /run/udev
mount --bind "$1/rules" /etc/udev/rules.d
mount --bind "$1/group" /etc/group
mount --bind /dev/null "$1/dev/null"
mount --rbind "$1/dev" /dev
mount --rbind "$1/sys" /sys
SYSTEMD_DEVICE_VERIFY_SYSFS=0 udevadm test --action=add "/sys/$2" 2>&1
ls /dev/lfr 2>/dev/null | sed 's/^/FOUND /'
"""


class Kernel:
    """A tree like /sys, and udev that looks at it."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("sys", "rules", "dev"):
            (folder / name).mkdir()
        (folder / "dev" / "null").touch()
        group = Path("/etc/group").read_text()
        others = [line for line in group.splitlines() if not line.startswith("gpio:")]
        (folder / "group").write_text("\n".join([*others, f"gpio:x:{GPIO}:", ""]))
        (folder / "rules" / RULES.name).write_text(RULES.read_text())

    def add(self, path, subsystem, uevent="", **attributes):
        place = self.folder / "sys" / path
        place.mkdir(parents=True, exist_ok=True)
        for name, text in {"uevent": uevent, **attributes}.items():
            (place / name).write_text(f"{text}\n")
        home = self.folder / "sys" / subsystem
        home.mkdir(parents=True, exist_ok=True)
        link = place / "subsystem"
        if not link.is_symlink():
            link.symlink_to(os.path.relpath(home, place))

    def camera(self, parent, number, name, index=0):
        node = f"MAJOR=81\nMINOR={number}\nDEVNAME=video{number}"
        path = f"{parent}/video4linux/video{number}"
        self.add(path, "class/video4linux", node, name=name, index=index, dev=f"81:{number}")
        return path

    def usb_camera(self, port, number, index=0):
        self.add("devices/platform/bus@0", "bus/platform", "DRIVER=simple-bus")
        self.add("devices/platform/bus@0/3610000.usb", "bus/platform", "DRIVER=tegra-xusb")
        for place in (USB.rpartition("/")[0], USB, f"{USB}/1-2.{port}"):
            self.add(place, "bus/usb", "DEVTYPE=usb_device")
        socket = f"{USB}/1-2.{port}/1-2.{port}:1.0"
        self.add(socket, "bus/usb", "DEVTYPE=usb_interface")
        return self.camera(socket, number, "HD camera: HD camera", index)

    def csi_camera(self, name, number):
        self.add(CAPTURE, "bus/platform", "DRIVER=tegra-camrtc-capture-vi")
        return self.camera(CAPTURE, number, name)

    def plug(self, path):
        """Let udev see it: what it said, and what it put below /dev/lfr."""
        shutil.rmtree(self.folder / "dev" / "lfr", ignore_errors=True)
        apart = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "-rm"]
        command = [*apart, "sh", "-c", TRY, "sh", str(self.folder), path]
        done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
        assert f"DEVPATH=/{path}" in done.stdout, done.stdout + done.stderr
        return Answer(done.stdout)


class Answer(str):
    """What udev said."""

    __slots__ = ()

    @property
    def names(self):
        return set(re.findall(r"^FOUND (.*)$", self, re.MULTILINE))

    def ours(self, word):
        """What our own rules set, such as a MODE."""
        return re.findall(rf"{RULES.name}:\d+ {word} (.*)$", self, re.MULTILINE)


@pytest.fixture
def kernel(tmp_path):
    return Kernel(tmp_path)


def test_a_usb_camera_is_called_after_its_socket(kernel):
    answer = kernel.plug(kernel.usb_camera(port=1, number=0))
    assert answer.names == {"camera-platform-3610000.usb-usb-0:2.1:1.0"}
    assert answer.ours("MODE") == ["0660"]
    assert len(answer.ours("GROUP")) == 1


def test_it_keeps_its_name_whichever_wakes_first(kernel):
    early = kernel.plug(kernel.usb_camera(port=1, number=0)).names
    late = kernel.plug(kernel.usb_camera(port=1, number=6)).names
    other = kernel.plug(kernel.usb_camera(port=3, number=2)).names
    assert early == late
    assert not early & other


def test_the_second_node_of_a_camera_which_gives_no_pictures_has_no_name(kernel):
    assert kernel.plug(kernel.usb_camera(port=1, number=1, index=1)).names == set()


def test_a_csi_camera_is_called_after_its_sensor_and_bus_alone(kernel):
    """All of them have the path of the one capture unit, which is no name."""
    first = kernel.plug(kernel.csi_camera("vi-output, imx219 9-0010", 0)).names
    second = kernel.plug(kernel.csi_camera("vi-output, imx219 10-0010", 1)).names
    assert first == {"camera-vi-output__imx219_9-0010"}
    assert second == {"camera-vi-output__imx219_10-0010"}


def test_a_sensor_cannot_name_itself_out_of_its_folder(kernel):
    answer = kernel.plug(kernel.csi_camera("vi-output, ../../etc/x y;z", 0))
    assert len(answer.names) <= 1
    assert all(name.startswith("camera-vi-output__") for name in answer.names)


def test_what_is_no_camera_of_ours_has_no_name(kernel):
    assert kernel.plug(kernel.csi_camera("tegra-video-decoder", 9)).names == set()


def test_the_pins_are_the_groups(kernel):
    node = "MAJOR=254\nMINOR=0\nDEVNAME=gpiochip0"
    kernel.add(CHIP, "bus/gpio", node, dev="254:0")
    answer = kernel.plug(CHIP)
    assert (answer.ours("GROUP"), answer.ours("MODE")) == ([str(GPIO)], ["0660"])


def test_a_pulse_generator_is_given_to_the_group_without_following_links(kernel):
    kernel.add(PULSES, "class/pwm", npwm=1)
    run = re.findall(r"^run: '(/bin/.*)'$", kernel.plug(PULSES), re.MULTILINE)
    assert run == [f"/bin/chgrp -R gpio /sys/{PULSES}", f"/bin/chmod -R g=u /sys/{PULSES}"]


def plug_stick(kernel, **known):
    """Give the units that udev asks systemd for, of a partition that is so known."""
    parts = {"ID_BUS": "usb", "ID_FS_TYPE": "vfat", "ID_FS_LABEL": "LFR", **known}
    node = "MAJOR=8\nMINOR=1\nDEVNAME=sda1\nDEVTYPE=partition\n"
    kernel.add(STICK, "class/block", node + "\n".join(f"{k}={v}" for k, v in parts.items()))
    return re.findall(r"^SYSTEMD_WANTS=(.*)$", kernel.plug(STICK), re.MULTILINE)


@pytest.mark.parametrize("kind", ["vfat", "exfat"])
def test_a_stick_of_the_desk_is_mounted(kernel, kind):
    assert plug_stick(kernel, ID_FS_TYPE=kind) == ["media-lfr.mount"]


@pytest.mark.parametrize(
    "known", [{"ID_FS_LABEL": "HOLIDAY"}, {"ID_FS_TYPE": "ext4"}, {"ID_BUS": "ata"}]
)
def test_no_other_stick_is(kernel, known):
    assert plug_stick(kernel, **known) == []


def test_the_stick_is_mounted_where_nothing_of_it_can_run_or_be_written():
    mount = parse(UNITS / "media-lfr.mount")
    assert set(mount["Options"][0].split(",")) >= {"ro", "nosuid", "nodev", "noexec"}
    assert mount["Type"] == ["vfat,exfat"]
    assert mount["What"] == ["/dev/disk/by-label/LFR"]
    assert mount["Before"] == mount["Wants"] == ["lfr-update.service"]
    assert "media-lfr.mount" in words(service("lfr-update.service"), "After")


# -- The rules themselves


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


def test_nothing_outside_was_changed():
    assert not Path("/dev/lfr").exists()
