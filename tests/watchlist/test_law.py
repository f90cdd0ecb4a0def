"""What the list and the authority themselves promise, and what they never show."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from appliance.domain.deployment import Deployment, Position
from appliance.domain.watchlist import Ground
from appliance.errors import InputError, LapsedError, TrustError
from tests.law import HERE, MOMENT
from tests.watchlist.bundles import a_list, a_subject


def test_there_are_four_grounds_and_no_other():
    assert {ground.value for ground in Ground} == {
        "wanted_by_court",
        "wanted_for_serious_offence",
        "about_to_commit_really_serious_offence",
        "volunteer",
    }


@pytest.mark.parametrize("word", ["other", "associate", "witness", "missing"])
def test_no_other_word_is_a_ground(word):
    with pytest.raises(ValidationError):
        a_subject(ground=word)


@pytest.mark.parametrize(
    ("on", "young"),
    [(date(2028, 5, 3), True), (date(2028, 5, 4), False), (date(2029, 1, 1), False)],
)
def test_someone_is_of_age_on_the_eighteenth_birthday(on, young):
    assert a_subject(born_on=date(2010, 5, 4)).under_age(on) is young


def test_someone_born_on_a_leap_day_is_of_age_in_march():
    subject = a_subject(born_on=date(2008, 2, 29))
    assert subject.under_age(date(2026, 2, 28))
    assert not subject.under_age(date(2026, 3, 1))


def test_a_confirmed_adult_of_unknown_birthday_is_not_under_age():
    assert not a_subject(born_on=None).under_age(MOMENT.date())


def test_an_entry_may_end_before_its_list():
    subject = a_subject(expires_at=MOMENT)
    assert subject.lapsed(MOMENT)
    assert not subject.lapsed(MOMENT - timedelta(seconds=1))


def test_nobody_is_listed_who_has_ended_before():
    with pytest.raises(InputError, match="had ended"):
        a_list([a_subject(expires_at=MOMENT - timedelta(days=1))])


@pytest.mark.parametrize("life", [timedelta(0), timedelta(hours=24, seconds=1)])
def test_a_list_lives_a_day_at_most(life):
    with pytest.raises(ValidationError, match="24 hours"):
        a_list(made_at=MOMENT, expires_at=MOMENT + life)


def test_a_list_can_be_overwritten():
    watchlist = a_list()
    watchlist.erase()
    assert not watchlist.templates.any()


def test_an_authority_covers_the_list_it_names(authority):
    authority(maximum_subjects=2).require_covers(a_list())


def test_an_authority_for_another_list_does_not_count(authority):
    with pytest.raises(TrustError, match="another watchlist"):
        authority().require_covers(a_list(watchlist_id="list-2"))


def test_a_list_longer_than_signed_for_is_refused(authority):
    with pytest.raises(TrustError, match="longer"):
        authority(maximum_subjects=1).require_covers(a_list())


def test_the_public_is_told_before_the_start(authority):
    with pytest.raises(ValidationError, match="order"):
        authority(notice_published_at=MOMENT)


def test_a_floor_that_is_not_a_number_is_refused(authority):
    with pytest.raises(ValidationError):
        authority(threshold_floor=float("nan"))


def test_a_deployment_is_open_in_its_time_and_place(authority):
    Deployment(authority(), HERE).require_open(MOMENT)


@pytest.mark.parametrize(
    ("shift", "words"), [(timedelta(hours=-1), "not begun"), (timedelta(hours=6), "has ended")]
)
def test_a_deployment_is_closed_at_another_time(authority, shift, words):
    with pytest.raises(LapsedError, match=words):
        Deployment(authority(), HERE).require_open(MOMENT + shift)


def test_a_deployment_is_closed_at_another_place(authority):
    # A hundredth of a degree of latitude is 1.1 km.
    there = Position(latitude_deg=51.51, longitude_deg=-0.1)
    with pytest.raises(LapsedError, match="outside"):
        Deployment(authority(), there).require_open(MOMENT)


def test_nothing_shows_who_is_listed_or_who_signed(authority):
    watchlist = a_list([a_subject("JR-7", reason="wanted for arson")])
    subject = watchlist.subjects[0]
    shown = [watchlist, watchlist.head, subject, subject.images[0]]
    shown += [authority(), Deployment(authority(), HERE)]
    text = " ".join(f"{thing!r} {thing}" for thing in shown)
    number = f"{watchlist.templates[0, 0]}"[:6]
    for secret in ("JR-7", "arson", "custody", "xff", "Superintendent", number):
        assert secret not in text
