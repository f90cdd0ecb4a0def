"""An entry and a list say what the law asks, or they are refused."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from appliance.domain.ending import End, EndedError
from appliance.domain.watchlist import (
    MAX_IMAGES,
    MAX_JPEG_BYTES,
    Ground,
    ListImage,
    Watchlist,
)
from appliance.errors import InputError, LapsedError

ONE = [[1.0, 0.0]]
TODAY = date(2026, 5, 4)


@pytest.mark.parametrize("ground", list(Ground))
def test_every_lawful_ground_may_be_given(subject, ground):
    assert subject(ground=ground.value).ground is ground


@pytest.mark.parametrize(
    "change",
    [
        {"ground": "other"},
        {"ground": ""},
        {"reference": "Jane Roe"},
        {"reference": ""},
        {"reference": "a" * 65},
        {"reason": " "},
        {"power": ""},
        {"reviewer": ""},
        {"reason": "Missed a hearing.\nStop at once."},
        {"power": "s. 24 PACE\x1b[2J"},
        {"reviewer": "DS \u202e1177"},
        {"images": ()},
        {"images": (ListImage(source="custody"),) * (MAX_IMAGES + 1)},
        {"expires_at": "2026-05-05T00:00:00"},
        {"ethnicity": "any"},
    ],
)
def test_an_entry_that_says_too_little_or_too_much_is_refused(subject, change):
    with pytest.raises(ValidationError):
        subject(**change)


def test_a_line_is_kept_without_the_blanks_around_it(subject):
    assert subject(reason=" Missed a hearing\n").reason == "Missed a hearing"


def test_a_refusal_does_not_repeat_what_it_refused(subject):
    with pytest.raises(ValidationError) as refused:
        subject(reference="Jane Roe of 5 High Street")
    assert "Roe" not in str(refused.value)


def test_a_picture_may_not_be_larger_than_a_tablet_needs():
    ListImage(jpeg=b"x" * MAX_JPEG_BYTES, source="custody")
    with pytest.raises(ValidationError):
        ListImage(jpeg=b"x" * (MAX_JPEG_BYTES + 1), source="custody")


def test_a_picture_is_never_part_of_the_signed_text(subject):
    pictured = subject(images=(ListImage(jpeg=b"pixels", source="custody"),))
    assert "pixels" not in pictured.model_dump_json()


@pytest.mark.parametrize(
    ("born_on", "young"),
    [(None, False), (date(2008, 5, 4), False), (date(2008, 5, 5), True), (date(1960, 1, 1), False)],
)
def test_who_is_under_age(subject, born_on, young):
    assert subject(born_on=born_on).under_age(TODAY) is young


def test_a_child_is_listed_only_with_a_signed_reason(listing, subject):
    child = {"born_on": date(2010, 1, 1)}
    with pytest.raises(InputError, match="under-18"):
        listing(ONE, subjects=[subject(**child)])
    listing(ONE, subjects=[subject(**child, under_age_override="signed by the Superintendent")])


def test_nobody_is_listed_twice(listing, subject):
    with pytest.raises(InputError, match="twice"):
        listing([[1, 0], [0, 1]], subjects=[subject("V-1"), subject("V-1")])


def test_what_somebody_may_do_is_listed_only_with_a_signed_reason(listing, subject):
    feared = {"ground": Ground.IMMINENT_HARM}
    with pytest.raises(InputError, match="unusual ground"):
        listing(ONE, subjects=[subject(**feared)])
    listing(ONE, subjects=[subject(**feared, ground_override="threat assessed by the ACC")])


def test_one_reason_does_not_stand_for_the_other(listing, subject):
    child = {"born_on": date(2010, 1, 1), "ground": Ground.IMMINENT_HARM}
    for given in ("under_age_override", "ground_override"):
        with pytest.raises(InputError, match="override"):
            listing(ONE, subjects=[subject(**child, **{given: "signed by the Superintendent"})])


def test_an_empty_list_is_no_list(listing):
    whole = listing(ONE)
    with pytest.raises(InputError, match="empty"):
        Watchlist.of(whole.head, (), whole.templates, whole.owners)


@pytest.mark.parametrize("hours", [-1, 0, 24.1])
def test_a_list_lives_a_day_at_most(listing, clock, hours):
    with pytest.raises(ValidationError, match="24 hours"):
        listing(ONE, made_at=clock.now, expires_at=clock.now + timedelta(hours=hours))


def test_nobody_is_listed_whose_entry_had_ended(listing, subject, clock):
    with pytest.raises(InputError, match="ended before"):
        listing(ONE, subjects=[subject(expires_at=clock.now - timedelta(hours=1))])


def test_a_list_is_live_from_its_making_to_its_end(listing, clock):
    watchlist = listing(ONE, made_at=clock.now, expires_at=clock.now + timedelta(hours=2))
    watchlist.require_live(clock.now)
    with pytest.raises(LapsedError, match="not yet made"):
        watchlist.require_live(clock.now - timedelta(seconds=1))
    with pytest.raises(EndedError, match="has ended") as ended:
        watchlist.require_live(clock.now + timedelta(hours=2))
    assert ended.value.end is End.LIST_EXPIRED


def test_a_list_that_is_erased_holds_no_template(listing):
    watchlist = listing(ONE)
    assert watchlist.id == "list-1"
    watchlist.erase()
    assert not watchlist.templates.any()


def test_memory_is_given_back_after_it_was_overwritten(listing):
    whole, seen = listing(ONE), []
    lent = replace(whole, release=lambda: seen.append(whole.templates.any()))
    lent.erase()
    assert seen == [False]


def test_what_may_not_be_written_is_only_given_back(listing):
    whole = listing(ONE)
    whole.owners.flags.writeable = False
    whole.erase()
    assert not whole.templates.any()


def test_a_withdrawal_finds_its_entry_and_no_other(listing):
    whole = listing([[1, 0], [0, 1], [1, 1]])
    whole.commitments[:] = [[7] * 32, [8] * 32, [9] * 32]
    assert whole.withdrawn([bytes([9] * 32), bytes([7] * 32)]).tolist() == [0, 2]
    for nobody in ([], [bytes(32)], [b"short"]):
        assert whole.withdrawn(nobody).tolist() == []


@pytest.mark.parametrize("same", [2, 8, 31])
def test_an_entry_that_only_begins_like_a_withdrawn_one_stays(listing, same):
    whole = listing([[1, 0], [0, 1], [1, 1]])
    gone, other = bytes(range(32)), bytes(range(same)) + bytes([255] * (32 - same))
    whole.commitments[:] = [list(other), list(gone), list(other)]
    assert whole.withdrawn([gone]).tolist() == [1]
    assert whole.withdrawn([other]).tolist() == [0, 2]
    assert whole.withdrawn(iter([gone, other, gone])).tolist() == [0, 1, 2]
