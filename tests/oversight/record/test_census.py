"""Of a list the log holds how many and how old, and nobody who is on it."""

from datetime import date, timedelta

import numpy as np

from appliance.domain.watchlist import Gauged, Ground, ListImage
from appliance.oversight import entries
from appliance.oversight.census import listed
from tests.law import MOMENT

BUNDLE = "ab" * 32
TODAY = (MOMENT - timedelta(hours=1)).date()
ROWS = np.eye(4, dtype=np.float32)


def image(days_ago=None):
    day = None if days_ago is None else TODAY - timedelta(days=days_ago)
    return ListImage(source="custody suite", taken_on=day)


def test_a_list_is_counted_by_ground_age_and_reason(listing, subject):
    people = [
        subject("V-1", images=(image(10), image(400))),
        subject("V-2", born_on=date(2010, 1, 1), under_age_override="a court has said so"),
        subject("V-3", ground=Ground.IMMINENT_HARM, ground_override="named by a judge"),
        subject("V-4", images=(image(30), image())),
    ]
    said = listed(listing(ROWS, subjects=people), BUNDLE)
    assert said.grounds == {Ground.COURT: 3, Ground.IMMINENT_HARM: 1}
    assert (said.subjects, said.under_18, said.overrides) == (4, 1, 1)
    assert (said.images, said.undated) == (6, 3)
    assert said.taken_days_ago == (10, 10, 30, 400, 400)
    line = entries.entry("van", said).line
    assert entries.read(line).fact == said
    assert not [word for word in (b"V-1", b"custody", b"2010", b"judge") if word in line]


def test_what_the_desk_has_measured_goes_with_the_list(listing):
    bare = listed(listing(ROWS), BUNDLE)
    assert (bare.quality, bare.refused_images) == ((), None)
    gauged = Gauged(quality=(0.2, 0.5, 0.9), refused=7)
    said = listed(listing(ROWS, pictures=gauged), BUNDLE)
    assert (said.quality, said.refused_images) == ((0.2, 0.5, 0.9), 7)
    assert entries.read(entries.entry("van", said).line).fact == said
    assert listed(listing(ROWS, pictures=Gauged(refused=0)), BUNDLE).quality == ()


def test_where_no_day_is_known_none_is_told(listing):
    assert listed(listing(ROWS), BUNDLE).taken_days_ago == ()


def test_a_picture_of_the_desk_s_own_day_is_no_younger_than_the_list(listing, subject):
    tomorrow = subject("V-1", images=(image(-1),))
    assert listed(listing(ROWS[:1], subjects=[tomorrow]), BUNDLE).taken_days_ago == (0,) * 5
