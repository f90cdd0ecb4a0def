"""When each unit runs, and that its paths and folders are those of the programs."""

import re

import pytest

from appliance.errors import SettingsError
from appliance.jetson import argus
from appliance.settings import GpuSettings, WatchlistSettings
from engines.packs import cache_folder
from tests.systemd.units import (
    EVERY,
    KEYRING,
    LISTS,
    PUBLIC,
    RULES,
    SANDBOX,
    UNITS,
    parse,
    service,
    words,
)

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


OTHERS = {"mosquitto.service", "nginx.service"}
"""Not ours to stop: they may serve others too."""


def test_the_target_brings_all_of_the_van_and_takes_it_away():
    wanted = set(words(parse(UNITS / "lfr.target"), "Wants"))
    assert wanted == {
        "lfr-appliance.service", "lfr-panel.service", "lfr-keys.service", "lfr-update.timer",
        "lfr-update.path", "lfr-close.timer", "lfr-argus-restart.path", "lfr-gate.socket",
        "lfr-gate.service", *OTHERS,
    }  # fmt: skip
    for name in wanted - {"lfr-close.timer", "lfr-keys.service"} - OTHERS:
        assert parse(UNITS / name)["PartOf"] == ["lfr.target"]


def test_what_is_past_its_end_goes_whether_the_van_is_on_duty_or_not():
    timer = parse(UNITS / "lfr-close.timer")
    assert "PartOf" not in timer
    assert timer["WantedBy"] == ["timers.target"]
    assert timer["OnUnitInactiveSec"] == ["1min"]
    for key in ("After", "Wants"):
        assert "lfr-close.service" in words(service("lfr-appliance.service"), key)


@pytest.mark.parametrize("name", ["lfr-close", "lfr-update"])
def test_a_clock_that_is_set_back_does_not_put_off_a_timer(name):
    assert "OnCalendar" not in parse(UNITS / f"{name}.timer")


def test_no_flood_of_notices_makes_systemd_refuse_one():
    settings = service("lfr-update.service")
    assert settings["StartLimitIntervalSec"] == ["0"]
    assert settings["ExecStopPost"] == ["/bin/sleep 1"]
    (asked,) = parse(UNITS / "lfr-update.path")["PathExists"]
    assert settings["ExecStartPre"] == [f"+/bin/rm -rf {asked}"]


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
    lists = WatchlistSettings()
    assert (str(lists.folder), str(lists.keyring)) == (LISTS, KEYRING)
    for folder in (GpuSettings().cache, LISTS, KEYRING, PUBLIC):
        assert re.search(rf"^d {folder} ", folders, re.MULTILINE), folder
    assert parse(UNITS / "lfr-update.path")["PathExists"] == [str(lists.notice)]
    cached = words(service("lfr-engines.service"), "CacheDirectory")
    assert str(GpuSettings().cache) in {f"/var/cache/{name}" for name in cached}
    (home,) = [v for v in words(parse(SANDBOX), "Environment") if v.startswith("XDG_CACHE_HOME=")]
    monkeypatch.setenv(*home.split("="))
    assert str(cache_folder()) == "/var/cache/lfr"


@pytest.mark.parametrize("file", [*EVERY, RULES], ids=lambda file: file.name)
def test_what_has_not_run_on_a_jetson_says_so(file):
    assert file.read_text().startswith("# Not yet run on a Jetson")
