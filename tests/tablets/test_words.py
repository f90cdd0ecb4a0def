"""What the state has no room for is said again to whoever may not know it."""

import pytest

from appliance.domain.decision import Verdict
from appliance.tablets.letter import SOON
from appliance.tablets.outbox import Outbox
from appliance.tablets.wire import MOST_WITHDRAWN
from tests.tablets.conftest import SUBJECT, VAN
from tests.tablets.test_recall import VIABLE, answered, ids, off, undone


@pytest.fixture
def outbox(clock):
    return Outbox(VAN, clock)


@pytest.fixture
def many(outbox, make_alert):
    """So many alerts that were taken back that the state has no room for the first three."""
    for number in range(MOST_WITHDRAWN + 3):
        subject = SUBJECT.model_copy(update={"reference": f"V-{number}"})
        outbox.put(make_alert(f"a{number}", subject=subject))
        outbox.withdraw({subject.reference})
    return outbox


def words(outbox):
    return [word.alert_id for word in outbox.words()]


def test_no_more_are_told_than_a_state_holds_and_the_newest_are(many):
    assert off(many) == [f"a{number}" for number in range(3, MOST_WITHDRAWN + 3)]
    assert len(many.news()) == MOST_WITHDRAWN + 3


def test_who_says_what_they_hold_is_told_what_the_state_has_no_room_for(many, clock):
    assert words(many) == []
    many.lacking(["a1", "a2", "a3", "a66", "of another van"])
    assert words(many) == ["a1", "a2"]
    clock.turn(1)
    assert words(many) == []


def test_however_often_tablets_ask_old_words_are_repeated_only_after_a_moment(many, clock):
    many.lacking(["a0"])
    assert words(many) == ["a0"]
    for asked in ("a1", "a2", "a1"):
        many.lacking([asked])
        assert words(many) == []
    clock.turn(SOON.total_seconds())
    assert words(many) == ["a1", "a2"]


def test_an_old_yes_is_told_again_to_whom_its_alert_is_sent_again(outbox, make_alert, clock):
    outbox.put(make_alert("a"))
    outbox.decide(VIABLE)
    outbox.due()
    for number in range(MOST_WITHDRAWN):
        outbox.decide(answered(Verdict.NOT_VIABLE, alert_id=f"b{number}"))
    clock.turn(1)
    outbox.lacking([])
    assert ids(outbox.due()) == ["a"]
    assert outbox.words() == [VIABLE]


def test_after_a_lost_connection_all_that_the_state_has_no_room_for_is_said_newest_first(many):
    many.lacking(["a0"])
    many.restart()
    assert words(many) == ["a2", "a1", "a0"]


def test_an_alert_with_many_answers_is_told_with_those_that_the_state_has_no_room_for(outbox):
    several = [answered(Verdict.VIABLE, f"d-{number}") for number in range(MOST_WITHDRAWN + 1)]
    for each in several:
        outbox.decide(each)
    assert outbox.withdrawn == tuple(several[1:])
    outbox.lacking(["a"])
    assert outbox.words() == several


def test_who_is_off_the_list_is_told_however_much_is_decided_afterwards(outbox, make_alert):
    outbox.put(make_alert("a"))
    outbox.withdraw({SUBJECT.reference})
    for number in range(2 * MOST_WITHDRAWN):
        outbox.decide(answered(Verdict.NOT_VIABLE, alert_id=f"b{number}"))
    assert off(outbox) == ["a"]
    assert len(outbox.withdrawn) == MOST_WITHDRAWN


def test_an_officer_who_changes_their_mind_for_ever_fills_no_state(outbox):
    other = answered(Verdict.VIABLE, "d", "tablet-8")
    outbox.decide(other)
    for number in range(2 * MOST_WITHDRAWN):
        answer = answered(Verdict.NOT_VIABLE, f"d-{number}")
        outbox.decide(answer)
        assert outbox.withdrawn[-1] == answer
        outbox.decide(undone(answer))
    assert outbox.withdrawn == (other, undone(answer))
