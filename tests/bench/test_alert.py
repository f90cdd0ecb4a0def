"""Alerts and answers between real processes and a real broker, some of which are killed."""

import io
import json
from base64 import b64encode

import cv2
import numpy as np
import pytest
from rich.console import Console

from appliance.bench.account import Account, held, spread
from appliance.bench.actor import Actor, family_mb, peak_mb, wait_for, waited
from appliance.bench.alert import Wishes, bench
from appliance.bench.likeness import Maker, picture, taken_ns
from appliance.bench.officer import Habit, Taps
from appliance.bench.storm import LONG_S, SHORT_S, forecast, life_s
from appliance.bench.table import render
from appliance.errors import MachineError

SECOND_NS = 10**9


def sight(alert, look="new", shown_ns=SECOND_NS):
    return {"sight": alert, "look": look, "heard_ns": shown_ns - 1000, "shown_ns": shown_ns}


@pytest.fixture
def account():
    """Two tablets, and one alert that both have shown."""
    account = Account()
    account.hear("van", {"put": "0-0", "number": 0, "life_s": 60.0})
    for tablet in ("tablet-1", "tablet-2"):
        account.hear(tablet, sight("0-0"))
    return account


def figures(account):
    return account.figures(["tablet-1", "tablet-2"])


def test_an_alert_that_everybody_has_shown_once_is_in_order(account):
    told = figures(account)
    assert told.pop("alerts") == 1
    assert not any(told.values())


def test_an_alert_that_nobody_has_shown_is_lost(account):
    account.hear("van", {"put": "1-0", "number": 1, "life_s": 60.0})
    assert (figures(account)["lost"], figures(account)["missed"]) == (1, 2)


def test_an_alert_that_ended_while_everybody_may_have_been_away_is_told_apart(account):
    account.hear("van", {"put": "1-0", "number": 1, "life_s": 4.0})
    told = figures(account)
    assert (told["lost"], told["missed"], told["too_short"]) == (0, 0, 1)


def test_an_alert_that_one_has_not_shown_is_missed_there_unless_somebody_has_answered_it(account):
    account.hear("van", {"put": "1-0", "number": 1, "life_s": 60.0})
    account.hear("tablet-1", sight("1-0"))
    assert (figures(account)["lost"], figures(account)["missed"]) == (0, 1)
    account.hear("tablet-1", {"made": "d-1", "alert": "1-0"})
    assert figures(account)["missed"] == 0


def test_an_alert_that_is_new_twice_on_one_tablet_is_a_duplicate_and_a_silent_one_is_not(account):
    account.hear("tablet-1", sight("0-0", "again"))
    assert (figures(account)["duplicates"], figures(account)["sent_again"]) == (0, 1)
    account.hear("tablet-1", sight("0-0"))
    assert figures(account)["duplicates"] == 1


def calls(account, alert, *, again=False):
    account.hear("tablet-1", {"ring": alert, "again": again})
    return figures(account)["duplicates"]


def test_an_alert_to_which_a_page_calls_twice_is_a_duplicate(account):
    assert calls(account, "1-0") == 0
    assert calls(account, "1-0", again=True) == 1


def test_a_page_that_died_over_its_call_calls_again_unless_the_alert_was_in_sight(account):
    for times in (1, 2):
        assert calls(account, "1-0") == 0, times
    account.hear("tablet-1", sight("1-0"))
    assert calls(account, "1-0") == 1


def test_an_alert_that_is_live_on_a_screen_after_its_end_is_counted(account):
    account.hear("tablet-1", sight("0-0", "expired", 61 * SECOND_NS))
    assert figures(account)["expired_shown"] == 0
    account.hear("tablet-2", sight("0-0", "again", 61 * SECOND_NS))
    assert figures(account)["expired_shown"] == 1


def test_a_decision_that_the_van_does_not_hold_is_lost_and_one_that_it_holds_twice_is_said(account):
    for decision in ("d-1", "d-2", "d-3"):
        account.hear("tablet-1", {"made": decision, "alert": "0-0"})
    told = account.settle(["d-1", "d-3", "d-3"])
    assert told == {"decisions": 3, "decisions_lost": 1, "decisions_twice": 1}


def test_the_van_s_ledger_is_read_decision_by_decision(tmp_path):
    rows = [{"alert": {}}, {"said": {"tablet": "tablet-1", "event": json.dumps({"id": "d-1"})}}]
    (tmp_path / "bench.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert held(tmp_path) == ["d-1"]


def test_times_are_told_by_their_middle_and_their_worst():
    told = spread([1.0] * 98 + [5.0, 9.0])
    assert (told["count"], told["p50"], told["max"]) == (100, 1.0, 9.0)
    assert spread([]) == {"count": 0}


@pytest.mark.parametrize("size_bytes", [1000, 11_000, 40_000, 150_000])
def test_a_picture_is_a_jpeg_of_the_size_that_is_wanted(size_bytes):
    jpeg = picture(size_bytes)
    assert abs(len(jpeg) - max(size_bytes, len(picture(0)))) < 8
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) is not None


def test_an_alert_knows_when_it_was_seen_and_its_pictures_have_the_size():
    alert = Maker.of(30_000)(7, 60.0)
    assert taken_ns(alert.id) == alert.taken_ns
    pictures = (alert.crop_jpeg, alert.subject.images[0].jpeg)
    assert 28_000 < sum(len(b64encode(jpeg)) for jpeg in pictures) < 30_000


def test_the_same_seed_draws_the_same_kills_and_the_same_answers():
    tablets = ["tablet-1", "tablet-2"]
    assert forecast(3, 20, 60, tablets) == forecast(3, 20, 60, tablets)
    assert forecast(3, 20, 60, tablets) != forecast(4, 20, 60, tablets)
    assert {"broker", "van"} < {kill.victim for kill in forecast(3, 20, 60, tablets)}
    habit = Habit(3, "tablet-1", 1.0)
    assert list(habit.taps("4-111")) == list(habit.taps("4-999"))


def test_an_officer_answers_in_the_order_of_the_law_and_may_answer_nothing():
    answers = [list(Habit(1, "tablet-1", 0.9).taps(f"{n}-0")) for n in range(100)]
    stages = {tuple(answer.stage for _, answer in taps) for taps in answers}
    whole = ("verdict", "engagement", "outcome")
    assert stages == {whole[:length] for length in range(4)}


def test_taps_come_when_they_are_due():
    taps = Taps()
    taps.plan(10.0, "0-0", [(1.0, "first"), (2.0, "last")])
    taps.plan(10.0, "1-0", [(1.5, "other")])
    assert list(taps.due(10.9)) == []
    assert list(taps.due(11.6)) == [("0-0", "first"), ("1-0", "other")]
    assert list(taps.due(99.0)) == [("0-0", "last")]


def test_every_tenth_alert_lives_shortly():
    assert [life_s(number) for number in range(10)] == [LONG_S] * 9 + [SHORT_S]


def test_what_is_waited_for_in_vain_is_said():
    assert not waited(lambda: False, 0)
    with pytest.raises(MachineError, match="in vain for rain"):
        wait_for(lambda: False, 0, "rain")


def test_a_process_that_is_gone_weighs_nothing(tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "status").write_text("Name: x\nVmHWM:\t  2048 kB\n")
    assert peak_mb(7, tmp_path) == 2.0
    assert peak_mb(8, tmp_path) == 0.0


def test_a_browser_weighs_what_all_its_processes_do(tmp_path):
    for process_id, parent in {7: 1, 8: 7, 9: 8, 5: 1}.items():
        (tmp_path / str(process_id)).mkdir()
        (tmp_path / str(process_id) / "stat").write_text(f"{process_id} (a b) S {parent} 0 0")
        (tmp_path / str(process_id) / "smaps_rollup").write_text("Rss: 9 kB\nPss:\t 1024 kB\n")
    assert family_mb(7, tmp_path) == 3.0


def test_an_actor_that_was_never_started_hears_nothing_and_can_be_ended(tmp_path):
    actor = Actor("nobody", "nothing", tmp_path, print)
    assert not actor.order(number=1)
    actor.kill()
    actor.end()
    assert not actor.running


SMALL = Wishes(
    alerts=12, kills=4, tablets=2, kilobytes=8, pace=8, measured=4, crowd=2, rate=8, seconds=1
)


@pytest.mark.timeout(180)
def test_nothing_is_lost_while_everybody_is_killed_now_and_then():
    said = io.StringIO()
    document = bench(SMALL, Console(file=said, width=120))
    for name in ("lost", "missed", "duplicates", "expired_shown", "decisions_lost"):
        assert document[name] == 0, name
    stormy = document["runs"]["storm"]
    assert sum(stormy["kills"].values()) == 4
    assert stormy["alerts"] >= 12
    assert stormy["decisions"] > 0
    assert document["decisions_twice"] == 0
    assert document["wire_ms"]["count"] == 4
    assert document["seen_to_tablet_ms"]["count"] == 8
    assert set(stormy["memory_mb"]) == {"broker", "van", "tablet"}
    render(document, Console(file=said, width=120))
    assert "storm" in said.getvalue()
