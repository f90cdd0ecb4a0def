"""Groups are compared, gaps have intervals, and nothing says that there is no bias."""

import numpy as np
import pytest

from appliance.evaluation.groups import MOST_GROUPS, by_group
from appliance.evaluation.identification import Counts
from appliance.evaluation.resample import Resample
from tests.evaluation.crowd import Crowd, compared

PEOPLE = 400
THRESHOLD = 0.6


@pytest.fixture(scope="module")
def drawn():
    return Resample(PEOPLE, 200, seed=1)


@pytest.fixture(scope="module")
def people():
    return Crowd(PEOPLE, 2).cohort()


def counts(found, mated=1, alarms=0, strangers=1):
    """Of each subject: so many found of so many, and so many alarms of so many."""

    def each(number):
        return np.broadcast_to(np.asarray(number, np.int64), PEOPLE)

    return Counts(each(found), each(mated), each(alarms), each(strangers))


def women(share, of_men):
    """Let a share of the women count, and another of the men, who alternate with them."""
    number = np.arange(PEOPLE) // 2 / (PEOPLE // 2)
    return np.where(np.arange(PEOPLE) % 2 == 0, number < share, number < of_men)


def told(cohort, drawn, **what):
    (characteristic,) = by_group(cohort, drawn, THRESHOLD, **what)
    return characteristic, {metric.name: metric for metric in characteristic.metrics}


def test_each_group_has_its_rates_within_itself(people, drawn):
    found = compared(people, THRESHOLD)
    characteristic, metrics = told(people, drawn, found=found)
    assert set(metrics) == {"fnmr", "fmr"}
    assert (characteristic.name, characteristic.undeclared) == ("sex", 0)
    pairs = found.tail[found.tail["score"] >= THRESHOLD]
    both = (pairs["first"] % 2 == 0) & (pairs["second"] % 2 == 0)
    (of_women, of_men) = metrics["fmr"].rates
    assert (of_women.group, of_women.subjects, of_men.group) == ("F", 200, "M")
    assert of_women.trials == 200 * 199 // 2 * 4
    assert of_women.rate.value == pytest.approx(both.sum() / of_women.trials)
    assert [one.trials for one in metrics["fnmr"].rates] == [200, 200]


def test_a_gap_that_is_there_is_said_with_how_wide_it_may_be(people, drawn):
    characteristic, metrics = told(people, drawn, counts=counts(women(0.6, 0.9)))
    gap = metrics["tpir"].gap
    assert (gap.first, gap.second, gap.kind) == ("M", "F", "points")
    assert gap.value == pytest.approx(0.3)
    assert 0.2 < gap.low < 0.3 < gap.high < 0.4
    said = " ".join(characteristic.said)
    assert f"TPIR of M is higher than of F: by {int(1000 * gap.low) / 10} points at" in said
    assert "This data cannot exclude a gap of 3" in said
    assert "points in TPIR between groups of sex." in said
    assert "subjects of each group." in said


def test_where_no_gap_is_seen_it_is_not_excluded_either(people, drawn):
    characteristic, metrics = told(people, drawn, counts=counts(1))
    assert metrics["tpir"].gap.value == 0
    said = " ".join(characteristic.said)
    assert "This data cannot exclude a gap of 2 points in TPIR between groups of sex." in said
    assert "bias" not in said
    assert "higher than" not in said
    assert "To exclude one of" not in said


def test_rare_rates_differ_by_how_many_times(people, drawn):
    characteristic, metrics = told(people, drawn, counts=counts(1, alarms=women(0.4, 0.1)))
    gap = metrics["fpir"].gap
    assert (gap.first, gap.second, gap.kind) == ("F", "M", "times")
    assert gap.value == pytest.approx(4)
    assert 2 < gap.low < 4 < gap.high < 9
    assert metrics["fpir"].reach == pytest.approx(gap.high)
    said = " ".join(characteristic.said)
    assert f"FPIR of F is {int(10 * gap.low) / 10} times that of M at least." in said
    high = np.ceil(10 * gap.high) / 10
    assert f"cannot exclude that FPIR is {high} times as high for one group of sex" in said


def test_a_ratio_reaches_the_other_way_round_as_well(people, drawn):
    alarms = women(0.05, 0.04)
    characteristic, metrics = told(people, drawn, counts=counts(1, alarms=alarms))
    gap = metrics["fpir"].gap
    assert gap.low < 1 / gap.high < 1 or 1 / gap.low < gap.high
    assert metrics["fpir"].reach == pytest.approx(max(gap.high, 1 / gap.low))
    assert "at least" not in characteristic.said[-1]


def test_where_one_group_had_no_alarm_no_number_of_times_is_excluded(people, drawn):
    characteristic, metrics = told(people, drawn, counts=counts(1, alarms=women(0.4, 0)))
    assert metrics["fpir"].gap.value is None
    assert metrics["fpir"].reach is None
    assert "a group had none, or too few, so this data can exclude no number" in " ".join(
        characteristic.said
    )


def test_where_one_alarm_decides_everything_the_number_has_no_end(people, drawn):
    one = np.arange(PEOPLE) == 1
    alarms = women(0.4, 0) | one
    characteristic, metrics = told(people, drawn, counts=counts(1, alarms=alarms))
    gap = metrics["fpir"].gap
    assert gap.low > 1
    assert gap.high is None
    assert "this data can exclude no number" in " ".join(characteristic.said)


def test_where_only_one_group_was_tried_nothing_is_compared(people, drawn):
    mated = np.arange(PEOPLE) % 2
    characteristic, metrics = told(people, drawn, counts=counts(mated, mated))
    assert metrics["tpir"].gap is None
    (of_women, _) = metrics["tpir"].rates
    assert of_women.rate.value is None
    said = characteristic.said
    assert said[0] == "TPIR of sex: nothing can be compared, one group was tried or none."
    assert said[-1] == "Insufficient data: fewer than 5 subjects in F."


def test_who_declares_nothing_is_in_no_group(drawn):
    values = tuple("FM"[i % 2] if i < 300 else "" for i in range(PEOPLE))
    cohort = Crowd(PEOPLE, 2).cohort(groups={"sex": values})
    characteristic, metrics = told(cohort, drawn, counts=counts(1))
    assert characteristic.undeclared == 100
    assert [one.subjects for one in metrics["tpir"].rates] == [150, 150]


def test_a_column_of_a_hundred_values_is_not_a_page_of_groups(drawn):
    values = tuple(f"value {i % 100:02}" for i in range(PEOPLE))
    cohort = Crowd(PEOPLE, 2).cohort(groups={"town": values})
    _, metrics = told(cohort, drawn, counts=counts(1))
    assert len(metrics["tpir"].rates) == MOST_GROUPS


def test_a_small_group_reaches_farther_than_the_gap_that_is_seen(drawn):
    values = tuple("C" if i < 8 else "AB"[i % 2] for i in range(PEOPLE))
    cohort = Crowd(PEOPLE, 2).cohort(groups={"kind": values})
    found = np.where(np.arange(PEOPLE) % 2, women(1, 0.9), women(0.7, 1))
    found = np.where(np.arange(PEOPLE) < 8, np.arange(PEOPLE) % 4 > 0, found)
    characteristic, metrics = told(cohort, drawn, counts=counts(found))
    gap, reach = metrics["tpir"].gap, metrics["tpir"].reach
    assert (gap.first, gap.second) == ("B", "A")
    assert reach > gap.high + 0.05
    points = int(np.ceil(100 * reach))
    assert f"cannot exclude a gap of {points} points in TPIR" in " ".join(characteristic.said)


def test_the_widest_of_many_gaps_is_told_at_the_level_of_all(drawn):
    values = tuple("ABC"[i % 3] for i in range(PEOPLE))
    cohort = Crowd(PEOPLE, 2).cohort(groups={"kind": values})
    number = np.arange(PEOPLE) // 3 / (PEOPLE / 3)
    found = number < np.array([0.5, 0.7, 0.9])[np.arange(PEOPLE) % 3]
    _, metrics = told(cohort, drawn, counts=counts(found))
    gap = metrics["tpir"].gap
    assert (gap.first, gap.second) == ("C", "A")
    both = {name: tuple("AC"[v == "C"] if v in "AC" else "" for v in values) for name in ["kind"]}
    _, alone = told(Crowd(PEOPLE, 2).cohort(groups=both), drawn, counts=counts(found))
    assert gap.high - gap.low > alone["tpir"].gap.high - alone["tpir"].gap.low
