"""What officers say of an alert: never a yes that nobody gave."""

import pytest

from appliance.domain.decision import (
    Decision,
    Disposal,
    Engagement,
    Ethnicity,
    Outcome,
    Undo,
    Verdict,
)


def test_silence_is_a_no(clock):
    assert Decision("a-1", "PC 123", clock.now).answer is Verdict.NOT_VIABLE


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (Verdict.VIABLE, "viable"),
        (Engagement.NO_LONGER_WANTED, "no_longer_wanted"),
        (Outcome(Disposal.NO_ACTION, 5, force_used=False, leaflet_given=True), "no_action"),
        (Undo("d-1"), "undo"),
    ],
)
def test_every_answer_has_a_word_to_be_counted_by(clock, answer, word):
    assert Decision("a-1", "PC 123", clock.now, answer).word == word


def test_whoever_was_lost_was_not_stopped():
    assert [one for one in Engagement if not one.stopped] == [Engagement.LOST]


def test_neither_officer_nor_ethnicity_is_in_a_repr(clock):
    ended = Outcome(
        Disposal.ARREST, 5, force_used=False, leaflet_given=True, ethnicity=Ethnicity.WHITE
    )
    said = repr(Decision("a-1", "PC 123", clock.now, ended, event=b"PC 123"))
    assert "PC 123" not in said
    assert "WHITE" not in said
