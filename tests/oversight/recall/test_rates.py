"""What a recall test says: a rate with its interval, a gap with its own, and never "no bias"."""

import pytest
from pydantic import ValidationError

from appliance.oversight.figures import Passes, Recalled
from appliance.oversight.intervals import Share, newcombe
from appliance.oversight.recall.rates import enough, rates


def group(name, recognised, passes, volunteers=10, effect=1.0):
    return Passes(
        group=name, passes=passes, recognised=recognised, volunteers=volunteers, effect=effect
    )


def recalled(*groups, volunteers=20):
    return Recalled(deployment_id="d-1", volunteers=volunteers, passes=groups)


def test_the_rate_is_what_share_of_the_passes_was_recognised():
    overall = rates(recalled(group("all", 45, 50))).overall
    assert overall.share == 0.9
    assert overall.interval == pytest.approx((0.7819, 0.9667), abs=1e-4)  # R: binom.test(45, 50)
    assert overall.volunteers == 20


def test_passes_that_resemble_each_other_widen_the_interval():
    plain = rates(recalled(group("all", 45, 50))).overall.interval
    alike = rates(recalled(group("all", 45, 50, effect=3.0))).overall.interval
    assert alike.low < plain.low < plain.high < alike.high


def test_a_test_in_which_nobody_passed_says_nothing():
    said = rates(recalled(group("all", 0, 0), volunteers=0))
    assert (said.overall.share, said.overall.interval) == (None, (0, 1))
    assert said.said == ("0 volunteers passed 0 times: too few to say anything of anybody else.",)
    assert rates(recalled(volunteers=0)) == said


def test_where_all_passes_went_one_way_it_is_said_that_they_are_taken_for_independent():
    for recognised in (0, 50):
        said = rates(recalled(group("all", recognised, 50))).said[0]
        assert said.startswith("20 volunteers passed 50 times. All went one way")
    assert "one way" not in rates(recalled(group("all", 49, 50))).said[0]


def test_a_gap_is_said_with_what_the_data_cannot_exclude():
    said = rates(
        recalled(group("all", 165, 200), group("sex/female", 70, 100), group("sex/male", 95, 100))
    )
    (gap,) = said.gaps
    assert (gap.characteristic, gap.first, gap.second) == ("sex", "sex/male", "sex/female")
    assert gap.share == pytest.approx(0.25)
    assert gap.interval == newcombe(Share(95, 100), Share(70, 100))
    people, less, cannot, needed = said.said
    assert people == "20 volunteers passed 200 times."
    assert less == (
        "sex/female was recognised less often than sex/male: by 14 points at least, and 35 at most."
    )
    assert cannot == "This data cannot exclude a gap of 35 points between groups of sex."
    assert needed.startswith("To exclude one of 5 points takes some 451 passes of each group")


def test_where_no_gap_shows_it_is_still_said_which_is_not_excluded():
    said = rates(
        recalled(group("all", 190, 200), group("age/old", 95, 100), group("age/young", 95, 100))
    )
    assert said.gaps[0].share == 0
    text = " ".join(said.said)
    assert "cannot exclude a gap of 7 points" in text
    assert "less often" not in text
    assert "no bias" not in text.lower()


def test_where_five_points_are_excluded_no_more_passes_are_asked_for():
    said = rates(recalled(group("a/x", 9_000, 10_000), group("a/y", 9_000, 10_000)))
    assert said.said[1:] == ("This data cannot exclude a gap of 1 points between groups of a.",)


def test_of_several_groups_the_widest_gap_is_named_and_each_interval_is_wider_for_it():
    pair = [group("age/old", 70, 100), group("age/young", 95, 100)]
    (alone,) = rates(recalled(*pair)).gaps
    (among,) = rates(recalled(*pair, group("age/middle", 80, 100))).gaps
    assert (among.first, among.second) == (alone.first, alone.second)
    assert among.interval.low < alone.interval.low < alone.interval.high < among.interval.high


def test_groups_of_two_characteristics_are_not_compared():
    said = rates(recalled(group("sex/female", 7, 10), group("age/old", 9, 10)))
    assert said.gaps == ()
    assert said.said[1:] == (
        "Of sex, nothing can be compared: one group passed, or none.",
        "Of age, nothing can be compared: one group passed, or none.",
    )


def test_a_group_of_few_people_is_insufficient_whatever_its_rate():
    said = rates(recalled(group("sex/female", 30, 30, 2), group("sex/male", 30, 30)))
    assert "Insufficient data: fewer than 5 volunteers in sex/female." in said.said
    assert [rate.few for rate in said.groups] == [True, False]


def test_a_group_of_which_nobody_passed_is_not_compared():
    said = rates(recalled(group("a/x", 9, 10), group("a/y", 8, 10), group("a/z", 0, 0)))
    assert {said.gaps[0].first, said.gaps[0].second} == {"a/x", "a/y"}


def test_rarer_misses_need_fewer_passes():
    # 90 % in both groups: half-width z * sqrt(2 p q / n) = 5 points.
    assert enough(0.9) == 277
    assert enough(0.5) == 769


def test_nobody_is_recognised_more_often_than_they_pass():
    with pytest.raises(ValidationError):
        group("all", 11, 10)
