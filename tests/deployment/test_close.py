"""A deployment is closed when each alert has its end; then what was false is erased, and once."""

import shutil
from collections import Counter
from datetime import timedelta

import pytest

from appliance.account import open_account
from appliance.deployment.closing import close, close_ended
from appliance.domain.decision import Disposal, Engagement, Ethnicity
from appliance.domain.ending import End
from appliance.domain.watchlist import Ground
from appliance.errors import InputError, LapsedError
from appliance.oversight import entries
from appliance.oversight.figures import Grouped
from appliance.oversight.openings import Opening, Openings
from appliance.tablets.refusal import RefusedError
from tests.deployment.conftest import DEPLOYMENT, Van
from tests.deployment.dying import crash
from tests.tablets.conftest import NOON
from tests.tablets.signing import LOST, NOT_THE_PERSON, OUTCOME, SAME, VERDICT, VIABLE, undo

ASKED = {**OUTCOME, "ethnicity": "white", "minutes": 7, "force_used": True}
ARREST = {**OUTCOME, "disposal": "arrest", "ethnicity": "black", "minutes": 20}
CLOSED = ["authority_closed", "concluded", "deployment_closed"]


def busy(van):
    """Have one alert of each kind, all with their ends."""
    van.alert("not-viable", VERDICT)
    van.alert("unanswered")
    van.alert("same", VIABLE, SAME, ARREST)
    van.alert("wrong", VIABLE, NOT_THE_PERSON, ASKED)
    van.alert("lost", VIABLE, LOST)


@pytest.mark.parametrize(
    ("answers", "lacks"),
    [
        ([VIABLE], "what came of it"),
        ([VIABLE, SAME], "an outcome"),
        ([VIABLE, NOT_THE_PERSON], "an outcome"),
        ([VERDICT, undo("d-1"), VIABLE], "what came of it"),
    ],
)
def test_an_alert_without_an_end_keeps_the_deployment_from_being_closed(van, answers, lacks):
    van.alert("alert-1", *answers)
    van.alert("alert-2", VERDICT)
    (left,) = van.close()
    assert (left.lacks, left.camera, left.taken_at) == (lacks, "mast-1", NOON)
    assert left.code == van.register.entry("alert-1").stub.code
    assert van.kinds() == []
    assert van.held() == ["alert-1", "alert-2"]
    van.answer("alert-1", OUTCOME if "outcome" in lacks else LOST)
    assert van.retention.close(DEPLOYMENT, End.COMMAND) == []
    assert [kind for kind in van.kinds() if kind in CLOSED] == CLOSED


def test_an_alert_that_is_under_way_lacks_an_answer_until_it_expires(van):
    van.alert("alert-1")
    van.end()
    assert [one.lacks for one in van.retention.close(DEPLOYMENT, End.COMMAND)] == ["an answer"]
    van.clock.turn(60)
    assert van.retention.close(DEPLOYMENT, End.COMMAND) == []
    assert van.fact("concluded").unanswered == 1


def test_what_officers_made_of_it_stands_in_the_log_in_numbers(van):
    busy(van)
    assert van.close() == []
    told = van.fact("concluded")
    assert told.answers == {
        "alert": 5, "not_viable": 1, "viable": 3, "same_person": 1, "not_the_person": 1,
        "lost": 1, "arrest": 1, "no_action": 1,
    }  # fmt: skip
    assert (told.unanswered, told.settled) == (1, 0)
    assert told.fates == {
        "not_viable": 1, "unanswered": 1, "same_person": 1, "not_the_person": 1, "lost": 1,
    }  # fmt: skip
    assert (told.stop_minutes, told.false_stop_minutes) == (27, 7)
    assert (told.force_used, told.leaflets) == (1, 2)
    black, white = Ethnicity.BLACK, Ethnicity.WHITE
    assert told.groups == (
        Grouped(
            ethnicity=black, engagement=Engagement.SAME_PERSON, disposal=Disposal.ARREST, count=1
        ),
        Grouped(
            ethnicity=white, engagement=Engagement.NOT_THE_PERSON, disposal=Disposal.NO_ACTION,
            count=1,
        ),
    )  # fmt: skip


def test_what_was_false_is_erased_at_once_and_whoever_was_stopped_wrongly_has_a_day_to_ask(van):
    busy(van)
    van.close()
    assert van.held() == ["lost", "same", "wrong"]
    held = van.fact("hold")
    assert (held.alert_id, held.until) == ("wrong", van.clock() + timedelta(hours=24))
    erased = entries.Forgotten(of="alerts", count=2, deployment_id=DEPLOYMENT)
    assert van.fact("erasure") == erased
    written = (van.folder / "ledger" / f"{DEPLOYMENT}.jsonl").read_bytes()
    assert b"not-viable" not in written
    assert b"unanswered" not in written


def test_a_deployment_without_an_alert_is_closed_too_and_once(van):
    van.end()
    for _ in range(3):
        close_ended(van.settings, van.clock())
    assert van.kinds() == CLOSED


def test_what_has_ended_is_said_by_the_van_where_it_runs_and_else_by_whoever_closes(van):
    with open_account(van.settings.oversight.folder, van.settings.van) as account:
        account._say(entries.Closed(deployment_id=DEPLOYMENT, end=End.BUTTON))
    van.close()
    assert van.kinds() == CLOSED
    assert van.fact("authority_closed").end is End.BUTTON


def test_a_list_whose_van_was_killed_is_said_to_be_erased_by_whoever_closes(van, law_opened):
    def listed(name):
        return entries.Listed(watchlist_id=name, bundle="ab" * 32, subjects=1, grounds={})

    with open_account(van.settings.oversight.folder, van.settings.van) as account:
        account._say(listed("of-another-deployment"))
        for fact in (law_opened, listed("list-1"), listed("list-2")):
            account._say(fact)
    for _ in range(2):
        van.close()
    kinds = [kind for kind in van.kinds() if kind != "list_installed"]
    assert kinds == ["authority_opened", "list_erased", *CLOSED]
    assert van.fact("list_erased").watchlist_id == "list-2"


@pytest.mark.parametrize("said", [True, False])
def test_no_list_is_said_to_be_erased_twice_or_without_having_been_there(van, law_opened, said):
    with open_account(van.settings.oversight.folder, van.settings.van) as account:
        account._say(law_opened)
        if said:
            account._say(entries.Listed(watchlist_id="l", bundle="ab" * 32, subjects=1, grounds={}))
            account._say(entries.Erased(watchlist_id="l"))
    van.close()
    assert van.kinds().count("list_erased") == said


def test_while_the_van_still_looks_nothing_is_closed(van, law_opened):
    van.alert("alert-1", VERDICT)
    van.end()
    with open_account(van.settings.oversight.folder, van.settings.van) as account:
        account._say(law_opened)
        account._scribe.settle()
        assert van.retention.looking(DEPLOYMENT)
        close_ended(van.settings, van.clock())
        assert van.held() == ["alert-1"]
    # It has crashed, and another process begins, which does not look.
    with open_account(van.settings.oversight.folder, van.settings.van) as account:
        account._scribe.settle()
        assert not van.retention.looking(DEPLOYMENT)
        close_ended(van.settings, van.clock())
        assert van.held() == []


@pytest.fixture
def law_opened():
    return entries.Opened(
        deployment_id=DEPLOYMENT, starts_at=NOON, ends_at=NOON, notice_published_at=NOON,
        purpose="test", authorising_officer="Superintendent", place="here", maximum_subjects=1,
    )  # fmt: skip


def test_an_answer_that_comes_after_it_is_refused_for_good_and_a_repeated_one_is_not(van):
    busy(van)
    van.close()
    van.register.sweep()
    with pytest.raises(RefusedError, match="after its deployment was closed"):
        van.answer("same", undo("d-4"))
    van.told = 1
    van.answer("same", VIABLE)
    with pytest.raises(RefusedError, match="not sent"):
        van.answer("not-viable", VERDICT)


def test_the_van_s_own_register_learns_what_another_process_has_erased(van):
    busy(van)
    assert van.register.counts(DEPLOYMENT)["alert"] == 5
    van.close()
    van.register.sweep()
    assert van.register.counts(DEPLOYMENT)["alert"] == 3
    assert van.register.entry("not-viable") is None


def test_with_a_reason_an_alert_has_its_end_without_an_outcome(van):
    van.alert("alert-1", VIABLE, SAME)
    (left,) = van.close()
    done = close(van.settings, van.clock, {left.code: "The tablet fell into the river."})
    assert (done.closed, done.unended) == ([DEPLOYMENT], [])
    settled = next(one for one in van.said() if one.fact.what == "settled")
    assert (settled.fact.alert_id, settled.why) == ("alert-1", "The tablet fell into the river.")
    assert van.fact("concluded").settled == 1
    with pytest.raises(InputError, match="No alert with this code"):
        van.retention.settle("00000-00000", "Why")


def test_an_alert_that_is_settled_before_anybody_answers_is_counted_once_and_was_not_viable(van):
    van.alert("alert-1")
    van.alert("alert-2")
    van.end()
    van.retention.settle(van.register.entry("alert-1").stub.code, "The tablets are broken.")
    van.clock.turn(61)
    assert van.retention.close(DEPLOYMENT, End.COMMAND) == []
    told = van.fact("concluded")
    assert (told.unanswered, told.settled, told.fates) == (1, 1, {"unanswered": 2})


def test_an_alert_that_has_its_end_is_not_settled(van):
    van.alert("alert-1", VERDICT)
    van.retention.settle(van.register.entry("alert-1").stub.code, "To be sure.")
    van.close()
    assert "settled" not in van.kinds()
    assert van.fact("concluded").settled == 0


def test_what_volunteers_in_a_recall_test_come_to_is_no_fate_of_anybody_else(van):
    van.alert("alert-1", VIABLE, SAME, OUTCOME)
    for number in range(3):
        van.alert(f"volunteer-{number}", VERDICT, ground=Ground.VOLUNTEER)
    van.close()
    told = van.fact("concluded")
    assert (told.answers["not_viable"], told.fates) == (3, {"same_person": 1})


def test_of_a_volunteer_who_was_recognised_nothing_is_kept_for_the_force(van):
    van.alert("alert-1", VIABLE, SAME, OUTCOME, ground=Ground.VOLUNTEER)
    van.alert("alert-2", VIABLE, NOT_THE_PERSON, ASKED, ground=Ground.VOLUNTEER)
    van.close()
    assert van.held() == ["alert-2"]
    assert van.retention.true(DEPLOYMENT) == set()


def test_whoever_was_stopped_wrongly_has_a_day_however_short_a_hold_is(van):
    van.alert("before", VIABLE, NOT_THE_PERSON, ASKED)
    van.alert("after", VIABLE, NOT_THE_PERSON, ASKED)
    codes = {name: van.register.entry(name).stub.code for name in ("before", "after")}
    van.retention.hold(codes["before"], "Somebody has asked.", timedelta(minutes=1))
    van.close()
    day = van.clock() + timedelta(hours=24)
    assert van.held() == ["after", "before"]
    assert van.retention.hold(codes["after"], "A slip.", timedelta(hours=1)) == day
    assert van.retention.hold(codes["after"], "A court.", timedelta(hours=48)) > day
    van.clock.time = day - timedelta(seconds=1)
    van.retention.sweep({DEPLOYMENT: End.COMMAND})
    assert van.held() == ["after", "before"]


@pytest.mark.parametrize("command", [True, False])
def test_who_has_opened_it_is_forgotten_when_it_has_ended(van, command):
    openings = Openings(van.settings.oversight.folder)
    van.settings.oversight.folder.mkdir()
    openings.place(Opening(deployment_id=DEPLOYMENT, at=NOON, user=1000, position="declared"))
    close_ended(van.settings, van.clock())
    assert openings.find(DEPLOYMENT)
    van.end()
    if command:
        close(van.settings, van.clock)
    else:
        close_ended(van.settings, van.clock())
    assert openings.find(DEPLOYMENT) is None


def test_where_nothing_is_to_be_done_it_is_said(van):
    with pytest.raises(LapsedError, match="No deployment is held"):
        close(van.settings, van.clock)


# -- However often it dies


def test_killed_at_any_of_its_words_to_the_disk_it_says_each_fact_once(tmp_path, pen):
    first = Van(tmp_path / "first", pen)
    busy(first)
    first.clock.turn(61)
    first.end()
    shutil.copytree(tmp_path / "first", tmp_path / "kept")
    first.retention.close(DEPLOYMENT, End.COMMAND)
    wanted = Counter(one.fact.what for one in first.said())
    assert wanted["concluded"] == wanted["deployment_closed"] == wanted["erasure"] == 1
    calls, dies = 0, True
    while dies:
        shutil.copytree(tmp_path / "kept", tmp_path / f"{calls}")
        van = Van(tmp_path / f"{calls}", pen)
        van.clock.turn(61)
        dies = crash(lambda van=van: van.retention.close(DEPLOYMENT, End.COMMAND), calls)
        van.retention.close(DEPLOYMENT, End.COMMAND)
        assert Counter(van.kinds()) == wanted, calls
        assert van.fact("concluded") == first.fact("concluded"), calls
        assert van.held() == first.held(), calls
        calls += 1
    assert calls > 20
