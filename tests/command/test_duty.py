"""`lfr run` and `lfr check` over a van that is ready, and over one that is not."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from appliance.domain.ending import End, EndedError
from appliance.domain.lamp import Lamp
from appliance.duty import serve
from appliance.errors import LapsedError, MachineError
from appliance.van import Ears, open_van
from tests.check.sealed import may_lock

pytestmark = pytest.mark.timeout(300)


def lfr(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "appliance", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def findings(van, **environment):
    output, _ = lfr("check", "--json", "--settings", van.file, **environment).communicate()
    return {finding["name"]: finding for finding in json.loads(output)}


def test_on_duty_it_tells_systemd_that_it_is_ready_and_stops_when_told(van, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        duty = lfr("run", "--settings", van.file, NOTIFY_SOCKET=str(tmp_path / "notify"))
        heard = b""
        while b"WATCHDOG=1" not in heard:
            heard += systemd.recv(4096)
        assert heard.startswith(b"READY=1")
        duty.send_signal(signal.SIGTERM)
        _, said = duty.communicate(timeout=60)
    assert duty.returncode == 0, said


def test_on_duty_it_is_sealed_and_the_check_tells_so_from_outside(van, tmp_path):
    place = {"LFR_OVERSIGHT__FOLDER": str(tmp_path / "audit")}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        words = {"NOTIFY_SOCKET": str(tmp_path / "notify"), **place}
        duty = lfr("run", "--settings", van.file, **words)
        try:
            assert systemd.recv(4096).startswith(b"READY=1")
            found = findings(van, **place)
        finally:
            duty.terminate()
            duty.communicate(timeout=60)
    said = f"{duty.pid}, on duty, "
    for name in ("cores", "freed", *(["locked"] if may_lock() else [])):
        assert found[name]["ok"], found[name]
        assert found[name]["what"].startswith(said)
    assert found["log"]["what"].startswith("whole, ")


def test_a_van_that_is_ready_is_green(van):
    found = findings(van)
    for name in ("settings", "lamp", "machine", "models", "camera mast-1", "broker", "list"):
        assert found[name]["ok"], found[name]
    assert found["authority"]["ok"], found["authority"]


def test_whatever_is_wrong_is_red_with_its_mend_and_hides_nothing_else(van):
    found = findings(
        van,
        LFR_TABLETS__PORT="1",
        LFR_WATCHLIST__FOLDER=str(van.folder / "nothing"),
        LFR_VISION__PACK="nonsense",
    )
    for name in ("broker", "list", "authority", "models", "page", "gate"):
        assert not found[name]["ok"]
        assert found[name]["mend"]
    assert found["lamp"]["ok"]


def test_no_camera_is_said(van, tmp_path):
    bare = tmp_path / "van.toml"
    bare.write_text(van.file.read_text().replace("[[camera]]", "[vision]").split("name =")[0])
    output, _ = lfr("check", "--settings", bare).communicate()
    assert "No camera is set." in output
    duty = lfr("run", "--settings", bare)
    _, said = duty.communicate()
    assert duty.returncode == 78
    assert "No camera is set." in said


@pytest.mark.parametrize("untold", ["", "There is no plan of it. Build it."])
def test_on_duty_it_says_once_where_pictures_are_not_told_from_faces(
    van, monkeypatch, caplog, untold
):
    over = MachineError("That was all.", mend="-")
    custody = SimpleNamespace(seek=lambda: None)
    station = SimpleNamespace(eyes=SimpleNamespace(untold=untold), custody=custody, failure=over)
    monkeypatch.setattr("appliance.duty.open_station", lambda *_: nullcontext(station))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with pytest.raises(MachineError, match="That was all"):
            serve(van.settings)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    said = [line for line in caplog.messages if "not told from faces" in line]
    assert len(said) == bool(untold)


def test_the_van_looks_only_after_the_lamp_is_lit_and_darkens_it_at_the_end(van):
    lamps = []
    with open_van(van.settings, Ears(lamp=lamps.append)) as opened:
        assert lamps == [Lamp.READY]
        opened.beat()
        assert opened.station.panel.state is Lamp.LOOKING
    assert lamps[-1] is Lamp.OFF
    assert not opened.watch.looking


def test_an_authority_for_another_place_opens_nothing(van):
    away = van.settings.deployment.model_copy(update={"latitude_deg": 0.0})
    settings = van.settings.model_copy(update={"deployment": away})
    lamps = []
    with (
        pytest.raises(LapsedError, match="outside the signed place"),
        open_van(settings, Ears(lamp=lamps.append)),
    ):
        pass
    assert Lamp.READY not in lamps


def test_an_authority_that_ends_while_looking_stops_it_and_is_said(van):
    with open_van(van.settings, Ears()) as opened:
        match = opened.watch.pipeline.match
        match.clock = lambda: opened.law.deployment.authority.ends_at
        opened.watch._thread.join()
        with pytest.raises(EndedError) as ended:
            opened.beat()
        assert ended.value.end is End.DEPLOYMENT_OVER
        assert opened.station.panel.state is Lamp.DEGRADED
        assert match.gallery._rows.size == 0


def test_an_alert_that_the_crew_has_seen_leaves_the_lamp_before_the_next_beat(van):
    with open_van(van.settings, Ears()) as opened:
        station = opened.station
        opened.watch.stop()  # no alert of the film's own comes between
        opened.beat()
        station.alarm.sound()
        station.panel.show(Lamp.ALERT)
        assert not station.urgent
        station.alarm.acknowledge(time.monotonic())
        assert station.urgent
        opened.beat()
        assert station.panel.state is Lamp.LOOKING
