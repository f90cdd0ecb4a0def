"""A list as bytes: what is lawful comes back as it went, and nothing else comes through."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pytest
from safetensors.numpy import load, save

from appliance.domain.watchlist import MAX_JPEG_BYTES, Ground
from appliance.errors import InputError, TrustError
from appliance.watchlist.bundle import Sizes, check, header, pack, stream, view
from tests.watchlist.bundles import (
    JPEG,
    a_jpeg,
    a_list,
    a_promise,
    a_subject,
    examine,
    forged,
    with_pictures,
    with_records,
)
from tests.watchlist.repository import MOMENT


def records(*edits):
    """Give the records of the lawful list, each changed as a dictionary."""
    texts = [json.loads(subject.model_dump_json()) for subject in a_list().subjects]
    for text, edit in zip(texts, edits, strict=False):
        edit(text)
    return [json.dumps(text).encode() for text in texts]


def keep(_):
    """Change nothing."""


def test_a_list_comes_back_as_it_went():
    sent = a_list()
    got = examine(pack(sent))
    assert got.head == sent.head
    assert list(got.subjects) == list(sent.subjects)
    assert got.owners.tolist() == [0, 0, 1]
    assert got.expires.tolist() == sent.expires.tolist()
    assert got.commitments.tobytes() == sent.commitments.tobytes()
    np.testing.assert_allclose(got.templates.astype(np.float32), sent.templates, atol=1e-3)


def test_it_is_the_very_file_that_the_library_would_write():
    data = pack(a_list())
    assert save(load(data)) == data


def test_a_list_is_read_where_it_lies():
    data = bytearray(pack(a_list()))
    watchlist = view(data)
    for array in (watchlist.templates, watchlist.commitments, watchlist.subjects.thumbnails):
        assert np.shares_memory(array, np.frombuffer(data, np.uint8))


def test_every_array_lies_at_a_multiple_of_its_type():
    watchlist = view(pack(a_list(dimension=17)))
    for array in (watchlist.templates, watchlist.owners, watchlist.expires):
        assert array.flags.aligned


def test_an_erased_list_is_zeros_and_gives_its_memory_back():
    data, given_back = bytearray(pack(a_list())), []
    watchlist = view(data, lambda: given_back.append(True))
    watchlist.erase()
    assert given_back
    assert not watchlist.templates.any()


def test_a_record_that_was_erased_is_nobody():
    data = bytearray(pack(a_list()))
    watchlist = view(data)
    data[:] = bytes(len(data))
    with pytest.raises(InputError, match="a record"):
        watchlist.subjects[0]


def test_each_picture_goes_back_to_its_own_person():
    one, two = a_jpeg(20, 20), a_jpeg(21, 21)
    got = examine(pack(a_list((a_subject("V-1", 3, one), a_subject("V-2", 1, two))))).subjects
    assert [len(subject.images) for subject in got] == [3, 1]
    assert [image.jpeg for image in got[0].images] == [one, one, one]
    assert got[1].images[0].jpeg == two


def test_subjects_are_a_sequence():
    subjects = view(pack(a_list())).subjects
    assert subjects[-1].reference == "V-002"
    assert [subject.reference for subject in subjects[:2]] == ["V-001", "V-002"]
    with pytest.raises(IndexError):
        subjects[2]


def test_nobody_is_in_what_the_subjects_say_of_themselves():
    watchlist = view(pack(a_list()))
    assert "V-001" not in f"{watchlist!r} {watchlist.subjects!r}"


def test_no_picture_stands_in_the_text():
    assert b"jpeg" not in load(pack(a_list()))["records"].tobytes()


def test_a_bundle_is_put_together_while_it_is_read():
    whole = load(pack(a_list()))
    sizes = Sizes(len(whole["head"]), 2, 3, 16, len(whole["records"]), len(whole["thumbnails"]))
    halves = {
        name: [array.tobytes()[:5], memoryview(array.tobytes()[5:])]
        for name, array in whole.items()
    }
    with stream(sizes, halves) as opened:
        assert opened.read() == pack(a_list())


def test_an_array_that_is_not_as_long_as_announced_is_refused_while_it_is_read():
    parts = {name: [array.tobytes()] for name, array in load(pack(a_list())).items()}
    sizes = Sizes(len(parts["head"][0]), 2, 3, 16, len(parts["records"][0]) + 1, 9)
    with stream(sizes, parts) as opened, pytest.raises(InputError, match="records"):
        opened.read()


@pytest.mark.parametrize(
    ("sizes", "field"),
    [
        (Sizes(100, 0, 0, 16, 0, 0), "subjects"),
        (Sizes(100, 400_000, 400_000, 16, 9, 9), "subjects"),
        (Sizes(100, 2, 1, 16, 9, 9), "templates"),
        (Sizes(100, 2, 7, 16, 9, 9), "templates"),
        (Sizes(100, 2, 3, 0, 9, 9), "templates"),
        (Sizes(100, 2, 3, 10**9, 9, 9), "templates"),
        (Sizes(0, 2, 3, 16, 9, 9), "head"),
        (Sizes(10**9, 2, 3, 16, 9, 9), "head"),
        (Sizes(100, 2, 3, 16, 10**9, 9), "records"),
        (Sizes(100, 2, 3, 16, 9, 10**9), "thumbnails"),
    ],
)
def test_a_size_that_no_list_has_is_refused_before_anything_is_made(sizes, field):
    with pytest.raises(InputError, match=field):
        stream(sizes, {})
    with pytest.raises(InputError, match=field):
        view(header(sizes))


# -- The header


def test_a_key_that_stands_twice_is_refused():
    data = pack(a_list())
    length = int.from_bytes(data[:8], "little")
    text = data[8 : 8 + length].rstrip()[:-1] + b',"head":{"dtype":"U8","shape":[1],'
    text += b'"data_offsets":[0,1]}}'
    with pytest.raises(InputError, match="header"):
        view(len(text).to_bytes(8, "little") + text + data[8 + length :])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"dtype":"F16"', b'"dtype":"F32"'),
        (b'"shape":[3,16]', b'"shape":[16,3]'),
        (b'"shape":[3,16]', b'"shape":[48]  '),
        (b'"data_offsets":[0,16]', b'"data_offsets":[1,17]'),
        (b'"data_offsets":[16,32]', b'"data_offsets":[00,16]'),
        (b'"owners"', b'"OWNERS"'),
        (b'"expires"', b'"extra12"'),
        (b'{"expires', b" {expires"),
    ],
)
def test_a_header_that_is_written_in_another_way_is_refused(old, new):
    data = pack(a_list())
    assert old in data
    with pytest.raises(InputError, match="header"):
        view(data.replace(old, new, 1))


@pytest.mark.parametrize("length", [0, 7, 8, 9, 100])
def test_what_is_too_short_for_a_header_is_refused(length):
    with pytest.raises(InputError, match="header"):
        view(pack(a_list())[:length])


def test_a_header_without_an_end_is_refused_unread():
    with pytest.raises(InputError, match="header"):
        view((2**62).to_bytes(8, "little") + b"{" * 100)


@pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + b"x"])
def test_a_list_of_another_length_than_its_header_says_is_refused(change):
    with pytest.raises(InputError, match="size"):
        view(change(pack(a_list())))


@pytest.mark.parametrize(
    "arrays",
    [
        {"extra": np.zeros(7, np.uint8)},
        {"owners": None},
        {"templates": np.zeros((3, 16), np.float32)},
        {"owners": np.zeros(4, np.int32)},
        {"commitments": np.zeros((2, 31), np.uint8)},
    ],
)
def test_other_arrays_than_the_nine_are_refused(arrays):
    with pytest.raises(InputError, match="header"):
        view(forged(**arrays))


# -- What stands in it


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


@pytest.mark.parametrize(
    ("made", "ends"),
    [
        ("0001-01-01T00:00:00+23:59", "0001-01-01T09:00:00+23:59"),
        ("9999-12-31T20:00:00-23:59", "9999-12-31T23:00:00-23:59"),
    ],
)
def test_a_list_from_before_or_after_all_calendars_is_refused(made, ends):
    head = json.loads(a_list().head.model_dump_json()) | {"made_at": made, "expires_at": ends}
    with pytest.raises(InputError, match="no year of ours"):
        examine(forged(head=np.frombuffer(json.dumps(head).encode(), np.uint8)))


def test_only_a_list_in_a_bundle_can_be_examined():
    watchlist = a_list()
    with pytest.raises(TypeError):
        check(watchlist, a_promise(watchlist, b"."))


# -- Pictures


def test_pictures_of_every_kind_that_a_browser_shows_are_taken():
    progressive = JPEG.replace(b"\xff\xc0", b"\xff\xc2", 1)
    commented = JPEG[:2] + b"\xff\xfe\x00\x07hello" + JPEG[2:]
    examine(with_pictures(JPEG, progressive, commented))


def frame(height, width):
    """Say of the lawful picture that it is as large as that."""
    at = JPEG.index(b"\xff\xc0")
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return JPEG[: at + 5] + size + JPEG[at + 9 :]


def test_a_picture_of_one_megapixel_is_taken():
    examine(with_pictures(frame(1000, 1000), JPEG, JPEG))


FRAME = JPEG[JPEG.index(b"\xff\xc0") : JPEG.index(b"\xff\xc0") + 19]
SCAN = JPEG.index(b"\xff\xda")


@pytest.mark.parametrize(
    ("jpeg", "fault"),
    [
        (frame(1001, 1000), "too large a picture"),
        (frame(65_535, 65_535), "too large a picture"),
        (frame(0, 24), "too large a picture"),
        (JPEG + bytes(MAX_JPEG_BYTES), "one is too large"),
        (b"\xff", "not a JPEG"),
        (b"GIF89a", "not a JPEG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "not a JPEG"),
        (JPEG[:2] + b"\xff", "not a JPEG"),
        (JPEG[: JPEG.index(b"\xff\xc0") + 7], "not a JPEG"),
        (JPEG[:SCAN], "not a JPEG"),
        (JPEG[:2] + JPEG[SCAN:], "not a JPEG"),
        (JPEG[:SCAN] + FRAME + JPEG[SCAN:], "not a JPEG"),
        (JPEG[:2] + b"\x00" + JPEG[3:], "not a JPEG"),
        (JPEG[:2] + b"\xff\xc9" + JPEG[4:], "not a JPEG"),
        (JPEG[:2] + b"\xff\xfe\x00\x01" + JPEG[2:], "not a JPEG"),
        (JPEG[:2] + b"\xff\xfe\x00\x02" * 80 + JPEG[2:], "not a JPEG"),
    ],
)
def test_a_picture_that_could_harm_a_tablet_is_refused(jpeg, fault):
    with pytest.raises(InputError, match=fault):
        examine(with_pictures(JPEG, jpeg, JPEG))
