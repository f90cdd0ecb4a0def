"""What stands in a list fits together, is lawful, and is what was signed for."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pytest
from safetensors.numpy import load, save

from appliance.domain.watchlist import Ground
from appliance.errors import InputError, TrustError
from appliance.watchlist.bundle import check, pack, view
from tests.watchlist.bundles import a_list, a_promise, a_subject, examine, forged, with_records
from tests.watchlist.repository import MOMENT


def records(*edits):
    """Give the records of the lawful list, each changed as a dictionary."""
    texts = [json.loads(subject.model_dump_json()) for subject in a_list().subjects]
    for text, edit in zip(texts, edits, strict=False):
        edit(text)
    return [json.dumps(text).encode() for text in texts]


def keep(_):
    """Change nothing."""


@pytest.mark.parametrize(
    ("arrays", "field"),
    [
        ({"templates": np.full((3, 16), np.nan, np.float16)}, "templates"),
        ({"templates": np.full((3, 16), np.inf, np.float16)}, "templates"),
        ({"templates": np.full((3, 16), 6e4, np.float16)}, "templates"),
        ({"templates": np.zeros((3, 16), np.float16)}, "templates"),
        ({"templates": np.full((3, 16), 0.251, np.float16)}, "templates"),
        ({"owners": np.array([0, 0, 2], np.int32)}, "owners"),
        ({"owners": np.array([0, 1, 0], np.int32)}, "owners"),
        ({"owners": np.array([-1, 0, 1], np.int32)}, "owners"),
        ({"owners": np.array([0, 2**31 - 1, -(2**31)], np.int32)}, "owners"),
        ({"owners": np.array([1, 1, 1], np.int32)}, "owners"),
        ({"owners": np.array([0, 1, 1], np.int32)}, "owners"),
        ({"expires": np.zeros(2, np.int64)}, "expires"),
        ({"record_ends": np.zeros(2, np.int64)}, "record_ends"),
        ({"record_ends": np.array([-(2**63), 2**63 - 1])}, "record_ends"),
        ({"record_ends": np.array([10, 11])}, "record_ends"),
        ({"thumbnail_ends": np.array([9, 3, 12])}, "thumbnails"),
        ({"thumbnail_ends": np.array([0, 5, 12])}, "thumbnails"),
        ({"thumbnail_ends": np.array([2**62, -(2**62), 2**62])}, "thumbnails"),
        ({"thumbnails": np.zeros(7, np.uint8)}, "thumbnails"),
        ({"commitments": np.zeros((2, 32), np.uint8)}, "commitments"),
        ({"head": np.frombuffer(b"{}", np.uint8)}, "head"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(arrays, field):
    with pytest.raises(InputError, match=field):
        examine(forged(**arrays))


def test_one_bad_template_among_many_is_found():
    subjects = [a_subject(f"V-{number:05}") for number in range(5_000)]
    templates = load(pack(a_list(subjects)))["templates"].copy()
    templates[-1, 0] = np.nan
    with pytest.raises(InputError, match="templates"):
        examine(forged(a_list(subjects), templates=templates))


def test_four_images_of_one_person_are_refused():
    subjects = [a_subject("V-1", 3), a_subject("V-2", 3)]
    owners = np.array([0, 0, 0, 0, 1, 1], np.int32)
    with pytest.raises(InputError, match="too many"):
        examine(forged(a_list(subjects), owners=owners))


@pytest.mark.parametrize(
    ("edits", "field"),
    [
        ([lambda r: r.update(ground="associate")], "ground"),
        ([keep, lambda r: r.update(born_on="2010-01-01")], "under-18"),
        ([keep, lambda r: r.update(ground=Ground.IMMINENT_HARM)], "unusual ground"),
        ([keep, lambda r: r.update(reference="V-001")], "twice"),
        ([keep, lambda r: r.update(reference="../../etc")], "reference"),
        ([lambda r: r.update(images=[])], "images"),
        ([lambda r: r.update(images=r["images"] * 2)], "images"),
        ([lambda r: r.update(images=r["images"][:1])], "owners"),
        ([lambda r: r.update(expires_at="2020-01-01T00:00:00Z")], "expires"),
        ([lambda r: r.update(expires_at="2026-06-03T10:00:00")], "expires_at"),
        ([lambda r: r.update(reason="x" * 17_000)], "too long"),
        ([lambda r: r.pop("reviewer")], "reviewer"),
        ([lambda r: r.update(jpeg="AAAA")], "a record"),
    ],
)
def test_a_record_that_is_not_lawful_is_refused_by_its_field(edits, field):
    with pytest.raises(InputError, match=field):
        examine(with_records(*records(*edits)))


@pytest.mark.parametrize("text", [b"", b"{}", b"null", b"[" * 5000, b"\xff\xfe", b'{"a":1'])
def test_a_record_that_is_none_is_refused(text):
    with pytest.raises(InputError):
        examine(with_records(records()[0], text or b" "))


def test_an_entry_that_had_ended_before_is_refused():
    ended = a_subject("V-002", expires_at=MOMENT - timedelta(days=1))
    texts = [records()[0], ended.model_dump_json().encode()]
    data = with_records(*texts)
    stamps = np.array([a_list().expires[0], int(ended.expires_at.timestamp())])
    whole = load(data)
    with pytest.raises(InputError, match="had ended"):
        examine(save({**whole, "expires": stamps}))


def test_a_refusal_never_repeats_what_stood_in_a_record():
    def edit(record):
        record.update(reference="Jane Roe", **{"Jane Roe": "Jane Roe"})

    with pytest.raises(InputError) as refusal:
        examine(with_records(*records(edit)))
    assert "Roe" not in refusal.value.advice()


def test_someone_under_18_may_be_listed_with_a_signed_reason():
    young = a_subject(born_on=date(2010, 1, 1), under_age_override="court order 12")
    assert examine(pack(a_list((young,)))).subjects[0].under_age(MOMENT.date())


@pytest.mark.parametrize(
    "change",
    [
        {"watchlist_id": "list-2"},
        {"model_id": "another"},
        {"made_at": MOMENT},
        {"expires_at": MOMENT + timedelta(hours=2)},
        {"subjects": 1},
        {"templates": 2},
    ],
)
def test_a_list_that_is_not_what_was_signed_for_is_not_believed(change):
    data = pack(a_list())
    watchlist = view(data)
    with pytest.raises(TrustError, match="signed for"):
        check(watchlist, a_promise(watchlist, data, **change))


def made(made_at, expires_at):
    head = json.loads(a_list().head.model_dump_json())
    head |= {"made_at": made_at, "expires_at": expires_at}
    return forged(head=np.frombuffer(json.dumps(head).encode(), np.uint8))


@pytest.mark.parametrize(
    ("made_at", "expires_at"),
    [
        ("0001-01-01T00:00:00+23:59", "0001-01-01T09:00:00+23:59"),
        ("9999-12-31T20:00:00-23:59", "9999-12-31T23:00:00-23:59"),
    ],
)
def test_a_list_from_before_or_after_all_calendars_is_refused(made_at, expires_at):
    with pytest.raises(InputError, match=r"head, made_at: .*outside the calendar"):
        view(made(made_at, expires_at))


@pytest.mark.parametrize("year", ["0001", "1969", "9999"])
def test_a_list_from_no_year_of_ours_is_refused(year):
    with pytest.raises(InputError, match="no year of ours"):
        examine(made(f"{year}-12-30T00:00:00Z", f"{year}-12-30T09:00:00Z"))


def test_only_a_list_in_a_bundle_can_be_examined():
    watchlist = a_list()
    with pytest.raises(TypeError):
        check(watchlist, a_promise(watchlist, b"."))
