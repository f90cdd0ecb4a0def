"""A van that starts anew goes on with the alerts, answers and withdrawals of the last one."""

from base64 import b64encode
from contextlib import closing
from itertools import pairwise

import pytest

from appliance.domain.decision import Verdict
from appliance.domain.withdrawal import Why
from appliance.tablets.keeping import SLACK_BYTES
from appliance.tablets.letter import SECOND_THOUGHTS
from appliance.tablets.outbox import Outbox
from appliance.tablets.strongbox import Strongbox
from appliance.tablets.wire import Withdrawal
from tests.tablets.conftest import ALERT, SUBJECT, VAN

DEPLOYMENT = ALERT.deployment_id
JPEGS = [ALERT.crop_jpeg, *(image.jpeg for image in SUBJECT.images)]
NOT_VIABLE = Withdrawal(
    alert_id="a", reason=Why.DECIDED, tablet="t-7", decision_id="d", answer=Verdict.NOT_VIABLE
)


def undone(decision_id):
    return NOT_VIABLE.model_copy(update={"reason": Why.UNDONE, "decision_id": decision_id})


@pytest.fixture
def start(memory, clock):
    """Make the outbox of a process; the one before is gone without a word."""
    boxes = []

    def box():
        boxes.append(Strongbox.open(memory))
        return boxes[-1]

    def start():
        while boxes:
            boxes.pop().close()
        return Outbox(VAN, clock, box)

    yield start
    while boxes:
        boxes.pop().close()


@pytest.fixture
def outbox(start):
    return start()


def resumed(start, deployment_id=DEPLOYMENT):
    outbox = start()
    outbox.resume(deployment_id)
    return outbox


def ids(letters):
    return [letter.stamp.id for letter in letters]


def test_alerts_are_sent_again_oldest_first_in_the_same_bytes(outbox, start, make_alert):
    for alert_id in ("c", "b", "a"):
        outbox.put(make_alert(alert_id))
    sent = [(letter.stamp, letter.payload) for letter in outbox.due()]
    again = [(letter.stamp, letter.payload) for letter in resumed(start).due()]
    assert [stamp.id for stamp, _ in again] == ["c", "b", "a"]
    assert again == sent


def test_nothing_is_sent_before_a_deployment_goes_on(outbox, start, make_alert, memory):
    outbox.put(make_alert("a"))
    outbox = start()
    assert outbox.due() == []
    outbox.put(make_alert("b"))
    assert sorted(ids(outbox.due())) == ["a", "b"]


def test_what_another_deployment_left_is_destroyed(outbox, start, make_alert, memory):
    outbox.put(make_alert("a"))
    assert resumed(start, "deployment-4").due() == []
    assert resumed(start).due() == []


def test_what_expired_meanwhile_is_never_sent_and_counts_as_unseen(
    outbox, start, make_alert, clock
):
    outbox.put(make_alert("a"))
    clock.turn(60)
    outbox = resumed(start)
    assert outbox.due() == []
    assert outbox.unseen == 1
    assert resumed(start).unseen == 0


def test_what_a_tablet_has_shown_goes_once_to_all_and_is_not_its_first_word(
    outbox, start, make_alert, clock
):
    outbox.put(make_alert("a"))
    outbox.acknowledge("a")
    outbox = resumed(start)
    assert ids(outbox.due()) == ["a"]
    assert outbox.acknowledge("a") is None
    clock.turn(3)
    assert outbox.due() == []


def test_withdrawn_stays_withdrawn_and_is_told_on(outbox, start, make_alert):
    outbox.put(make_alert("a"))
    outbox.withdraw({SUBJECT.reference})
    outbox = resumed(start)
    assert outbox.due() == []
    assert [told.alert_id for told in outbox.withdrawn] == ["a"]
    outbox.put(make_alert("a"))
    assert outbox.due() == []


def test_who_is_withdrawn_before_the_copies_are_read_is_taken_back_too(outbox, start, make_alert):
    outbox.put(make_alert("a"))
    outbox = start()
    outbox.withdraw({SUBJECT.reference})
    assert outbox.news() == []
    outbox.resume(DEPLOYMENT)
    assert outbox.due() == []
    assert [news.alert_id for news in outbox.news()] == ["a"]


def test_a_kill_between_the_withdrawal_and_the_copys_end_brings_nothing_back(
    outbox, start, make_alert, monkeypatch
):
    outbox.put(make_alert("a"))
    monkeypatch.setattr(Strongbox, "drop", lambda *_: None)
    outbox.withdraw({SUBJECT.reference})
    monkeypatch.undo()
    assert resumed(start).due() == []


def test_a_final_answer_stays_final_and_may_still_be_undone(outbox, start, make_alert, clock):
    outbox.put(make_alert("a"))
    outbox.decide(NOT_VIABLE)
    outbox = resumed(start)
    assert outbox.due() == []
    assert outbox.withdrawn == (NOT_VIABLE,)
    outbox.decide(undone("d"))
    assert ids(outbox.due()) == ["a"]
    outbox.decide(NOT_VIABLE)
    outbox = resumed(start)
    clock.turn(SECOND_THOUGHTS.total_seconds())
    assert outbox.due() == []
    assert len(outbox) == 0


def test_what_is_recalled_is_put_together_anew_now_and_then(outbox, start, make_alert, memory):
    outbox.put(make_alert("a"))
    box, sizes = outbox._keeping._box, []
    journal = memory / box._name("-")
    for number in range(2000):
        answer = NOT_VIABLE.model_copy(update={"alert_id": f"b{number % 50}"})
        outbox.decide(answer)
        outbox.decide(answer.model_copy(update={"reason": Why.UNDONE}))
        sizes.append(journal.stat().st_size)
    assert max(sizes) < 3 * SLACK_BYTES
    assert sum(later < earlier for earlier, later in pairwise(sizes)) > 2
    told = outbox.withdrawn
    assert resumed(start).withdrawn == told
    assert len(told) == 50


def test_what_could_not_be_kept_is_kept_with_the_next_word(outbox, start, make_alert, memory):
    outbox.put(make_alert("a"))
    box = outbox._keeping._box
    (memory / box._name("-")).unlink()
    (memory / f"{box._name('-')}.new").mkdir()
    outbox.decide(NOT_VIABLE)
    (memory / f"{box._name('-')}.new").rmdir()
    outbox.acknowledge("a")
    outbox = resumed(start)
    assert outbox.withdrawn == (NOT_VIABLE,)
    assert outbox.acknowledge("a") is None


def test_after_the_end_nothing_is_left(outbox, start, make_alert, memory):
    outbox.put(make_alert("a"))
    outbox.finish()
    assert list(memory.iterdir()) == []
    outbox.put(make_alert("b"))
    assert ids(resumed(start).due()) == ["b"]


def test_a_deployment_that_ended_while_the_van_was_dead_leaves_nothing(
    outbox, start, make_alert, memory
):
    outbox.put(make_alert("a"))
    outbox = start()
    outbox.finish()
    assert list(memory.iterdir()) == []
    outbox.resume(DEPLOYMENT)
    assert outbox.due() == []


@pytest.fixture
def follow(memory, clock):
    """Make the outbox of a process after one that has gone by itself."""

    def follow():
        outbox = Outbox(VAN, clock, lambda: Strongbox.open(memory))
        outbox.resume(DEPLOYMENT)
        return outbox

    return follow


def test_a_van_that_goes_leaves_what_is_live_and_nothing_that_is_over(
    follow, make_alert, memory, clock
):
    with closing(follow()) as first:
        first.put(make_alert("a"))
    with closing(follow()) as second:
        assert ids(second.due()) == ["a"]
        clock.turn(60)
    assert list(memory.iterdir()) == []
    second.close()


def test_a_van_that_goes_leaves_what_tablets_must_still_be_told(follow, make_alert):
    with closing(follow()) as first:
        first.put(make_alert("a"))
        first.withdraw({SUBJECT.reference})
    with closing(follow()) as second:
        assert [told.alert_id for told in second.withdrawn] == ["a"]


def test_an_alert_of_which_nothing_is_recalled_is_not_sent(outbox, start, make_alert, memory):
    outbox.put(make_alert("a"))
    recall = next(file for file in memory.iterdir() if file.name == outbox._keeping._box._name("-"))
    recall.unlink()
    assert resumed(start).due() == []


@pytest.mark.parametrize("piece", [b"", b"{}", b'{"id":"a"}\n{}', b"recall\n{}", b"recall\n\xff"])
def test_what_another_version_has_kept_is_destroyed(outbox, start, make_alert, memory, piece):
    outbox.put(make_alert("a"))
    outbox._keeping._box.put("another", piece)
    assert resumed(start).due() == []
    assert list(memory.iterdir()) == []


def test_where_nothing_can_be_kept_all_goes_on_in_memory(clock, make_alert, tmp_path):
    outbox = Outbox(VAN, clock, lambda: Strongbox.open(tmp_path / "no" / "folder"))
    outbox.put(make_alert("a"))
    outbox.acknowledge("a")
    outbox.decide(NOT_VIABLE)
    outbox.withdraw({SUBJECT.reference})
    outbox.finish()
    outbox.put(make_alert("b"))
    assert ids(outbox.due()) == ["b"]
    outbox.close()


def test_the_copies_and_their_names_hold_nothing_that_can_be_read(outbox, make_alert, memory):
    outbox.put(make_alert("alert-of-a-face"))
    (letter,) = outbox.due()
    needles = [b"alert-of", b"V-001", b"recall test", b"deployment-3", letter.payload[:8]]
    needles += [piece for jpeg in JPEGS for piece in (jpeg, b64encode(jpeg)[:8])]
    written = {file.name: file.read_bytes() for file in memory.iterdir()}
    assert len(written) == 3
    for needle in needles:
        assert needle in letter.sealed or needle in JPEGS
        assert not any(needle in data for data in written.values())
    assert "alert" not in "".join(written)
