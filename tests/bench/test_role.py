"""What the processes of the bench are told and say, and what is painted in a real browser."""

import io
import json
import sys
from threading import Lock

import pytest
from rich.console import Console
from rich.progress import Progress

from appliance.bench.alert import WARM, Wishes, calm, storm
from appliance.bench.mosquitto import limits
from appliance.bench.role import Mouth, play
from provisioning.access import PATTERNS


def test_a_role_is_played_until_there_are_no_more_orders(tmp_path, monkeypatch, capsys):
    config = tmp_path / "config.json"
    config.write_text('{"name": "tablet-1"}')
    monkeypatch.setattr(sys, "argv", ["role", str(config)])
    monkeypatch.setattr(sys, "stdin", io.StringIO("an order\n"))

    class Part:
        def __init__(self, config, mouth):
            self.config, self.mouth = config, mouth

        def run(self, ended):
            assert ended.wait(10)
            self.mouth.say(name=self.config["name"])

    play(Part)
    assert json.loads(capsys.readouterr().out) == {"name": "tablet-1"}


def test_what_is_said_is_one_line_and_said_at_once():
    out = io.StringIO()
    Mouth(out, Lock()).say(sight="0-0", look="new")
    assert out.getvalue() == '{"sight": "0-0", "look": "new"}\n'


def test_the_bench_s_broker_has_the_limits_of_a_van_s():
    text = "persistence false\nmax_queued_messages 9\n# max_x\n\nlistener 1883\nmax_connections 3\n"
    assert limits(text) == ["max_queued_messages 9"]
    shipped = limits((PATTERNS / "lfr.conf").read_text())
    assert {line.split()[0] for line in shipped} >= {"max_inflight_messages", "max_queued_messages"}


@pytest.fixture
def bars():
    with Progress(console=Console(file=io.StringIO())) as bars:
        yield bars


@pytest.mark.timeout(180)
def test_in_a_real_browser_every_alert_is_painted_and_each_once(bars):
    told = calm(Wishes(measured=3, kilobytes=8), 2, bars, browser=True)
    assert told["alerts"] == 3 + WARM
    assert (told["lost"], told["missed"], told["duplicates"], told["expired_shown"]) == (0, 0, 0, 0)
    painted = told["first_shown_ms"]
    assert painted["count"] == 3
    assert 0 < painted["p50"] <= painted["max"]
    assert told["memory_mb"]["page"] > told["memory_mb"]["tablet"] > 0


@pytest.mark.timeout(240)
def test_a_page_that_is_killed_shows_nothing_twice_and_loses_no_answer(bars):
    wishes = Wishes(alerts=12, pace=4, kills=3, seed=5, tablets=1, kilobytes=8, browser=True)
    told = storm(wishes, bars)
    assert told["kills"].get("tablet-1", 0) > 0
    assert told["rested"]
    assert told["decisions"] > 0
    for name in ("lost", "missed", "duplicates", "expired_shown", "decisions_lost"):
        assert told[name] == 0, name
