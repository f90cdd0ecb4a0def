"""What a list and an authority come to is foretold before anybody signs."""

import pytest

from appliance.domain.deployment import Authority
from appliance.matching.forecast import Wish, foresee

TEMPLATES = 500


@pytest.fixture
def counted(calibration):
    """A calibration with intervals, counted to 0.5."""
    spans = ((0.8e-4, 1.2e-4), (0.7e-5, 1.4e-5), (0.5e-6, 4e-6))
    update = {"intervals": spans, "counted_to": 0.5, "group": "sex F", "threshold": 0.4}
    return calibration.model_copy(update=update)


def test_the_threshold_rises_until_the_wish_is_kept(counted):
    signed = Wish(20_000, 20.0)
    found = foresee(counted, signed, TEMPLATES)
    # 20 of 20,000 x 500 comparisons are 2 in a million.
    assert found.threshold == pytest.approx(0.5 + 0.1 * 0.69897, abs=1e-4)
    value, low, high = found.false_alerts
    assert value == pytest.approx(20, rel=0.01)
    assert low < value < high
    assert found.kept


def test_the_longer_the_list_the_higher_the_threshold(counted):
    thresholds = [foresee(counted, Wish(), many).threshold for many in (1, 10, 50, 500, 5_000)]
    assert thresholds[:2] == [0.4, 0.4]
    assert thresholds[1:] == sorted(set(thresholds[1:]))


def test_a_rate_that_was_not_counted_is_said_to_be_drawn_on(counted):
    near, far = (foresee(counted, Wish(), many) for many in (20, TEMPLATES))
    assert not near.comparison.drawn_on
    assert far.comparison.drawn_on
    assert "drawn on" in far.lines()[1]
    assert "drawn on" not in near.lines()[1]


def test_it_is_said_in_words_that_can_be_signed(counted):
    signed = Wish(20_000, 0.5, floor=0.55)
    said = " ".join(foresee(counted, signed, 20).lines())
    assert said == (
        "With painted and 20 templates the van alerts from 0.590 on. False alerts foretold: 0.5 "
        "among 20,000 faces (95 %: 0.26 to 1.8), one in 40,000, by the rate within sex F, the "
        "worst group; wished: 0.5 at most. The rate is drawn on beyond all that was counted."
    )


def test_a_great_number_is_told_without_decimals(counted):
    told = foresee(counted, Wish(100_000, 90.0), 5).lines()[1]
    assert "False alerts foretold: 50 among 100,000 faces (95 %: 40 to 60)" in told


def test_what_nobody_has_measured_is_not_foretold(calibration):
    unknown = calibration.model_copy(update={"points": ()})
    found = foresee(unknown, Wish(), TEMPLATES)
    assert (found.threshold, found.false_alerts, found.kept) == (0.5, None, None)
    assert "nobody has measured" in found.lines()[1]


def test_where_no_score_is_rare_enough_nobody_is_alerted(calibration):
    signed = Wish(1_000_000, 0.001)
    found = foresee(calibration, signed, 20_000)
    assert found.threshold == 1.0
    assert "none alerts" in found.lines()[1]


def test_the_vans_own_setting_counts_where_it_asks_for_more(calibration):
    assert foresee(calibration, Wish(), 1, setting=0.58).threshold == 0.58


def test_what_was_signed_is_the_wish(authority):
    signed = authority(expected_faces=9, most_false_alerts=2.0, threshold_floor=0.45)
    assert Wish.of(signed) == Wish(9, 2.0, floor=0.45)


def test_where_nobody_has_said_anything_it_is_one_in_a_thousand_faces(authority):
    fields = authority().model_dump(exclude={"expected_faces", "most_false_alerts"})
    assert Wish.of(Authority(**fields)) == Wish(1_000, 1.0, floor=0.4)


def test_a_table_marks_what_is_drawn_on(counted, calibration):
    assert foresee(counted, Wish(), 20).figures()[0] == "1"
    assert foresee(counted, Wish(), TEMPLATES).figures()[0] == "1*"
    unknown = calibration.model_copy(update={"points": ()})
    assert foresee(unknown, Wish(), 20).figures() == ("-", "-")


def test_a_program_reads_the_same(counted):
    told = foresee(counted, Wish(), 20).record()
    assert (told["templates"], told["wish"]["faces"], told["kept"]) == (20, 1_000, True)
