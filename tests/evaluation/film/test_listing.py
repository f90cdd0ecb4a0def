"""The list is as long as was asked for, and whoever is on no film lies where faces lie."""

import numpy as np
import pytest

from appliance.errors import InputError
from appliance.evaluation.film.listing import Roster, pad
from tests.evaluation.crowd import DIMENSION, Crowd


def test_people_come_first_then_their_other_pictures_then_who_is_made():
    cohort = Crowd(60, 2).cohort(failed=(0, 1, 2))
    padding = pad(cohort, 200)
    assert (padding.people, padding.pictures, len(padding.templates)) == (59, 117, 200)
    firsts = cohort.templates[[3, *range(4, 120, 2)]]
    assert np.array_equal(padding.templates[:59], firsts)
    assert np.linalg.norm(padding.templates, axis=1) == pytest.approx(1, abs=1e-5)


def test_who_is_made_is_the_mean_of_two_who_are_alike_and_nobody_twice():
    cohort = Crowd(300, 1).cohort()
    made = pad(cohort, 900).templates[300:]
    two = np.sort(made @ cohort.templates.T, axis=1)[:, -2:]
    assert two[:, 0] == pytest.approx(two[:, 1], abs=0.25)
    assert two.min() > 0.5
    assert len(np.unique(made.round(4), axis=0)) == 600


def test_a_short_list_takes_only_people():
    padding = pad(Crowd(60, 2).cohort(), 40)
    assert (padding.people, padding.pictures, len(padding.templates)) == (40, 40, 40)


def test_of_few_people_no_others_are_made():
    with pytest.raises(InputError, match="too few people") as refused:
        pad(Crowd(10, 2).cohort(), 20 + 9 * 10 // 2 + 1)
    assert "--pad" in refused.value.mend


def test_the_list_is_in_force_and_names_nobody():
    cohort = Crowd(60, 2).cohort()
    enrolled = {3: cohort.templates[:2], 7: cohort.templates[4:5]}
    law = Roster(enrolled, cohort.templates[6:], "a").law()
    assert len(law.watchlist.subjects) == 2 + 114
    assert law.watchlist.owners.tolist()[:5] == [0, 0, 1, 2, 3]
    assert [subject.reference for subject in law.watchlist.subjects[:3]] == [
        "S-000003", "S-000007", "P-000000",
    ]  # fmt: skip
    assert law.watchlist.templates.shape == (3 + 114, DIMENSION)
    law.deployment.authority.require_covers(law.watchlist)
