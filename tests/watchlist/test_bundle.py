"""A list as bytes: what is lawful comes back as it went, and a file of another form not at all."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load, save

from appliance.errors import InputError
from appliance.watchlist.bundle import Sizes, header, pack, stream, view
from tests.watchlist.bundles import a_jpeg, a_list, a_subject, examine, forged


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
