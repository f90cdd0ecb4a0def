from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from appliance.domain.watchlist import MAX_JPEG_BYTES
from appliance.errors import InputError
from appliance.watchlist import bundle
from appliance.watchlist.bundle import pack, unpack

few = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_a_list_comes_back_as_it_went(make_list):
    sent = make_list()
    got = unpack(pack(sent))
    assert got.register == sent.register
    assert got.owners.tolist() == [0, 0, 1]
    assert got.templates.dtype == np.float32
    np.testing.assert_allclose(got.templates, sent.templates, atol=1e-3)


def test_templates_have_length_one_again_after_half_precision(make_list):
    lengths = np.linalg.norm(unpack(pack(make_list())).templates, axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-6)


def test_each_picture_goes_back_to_its_own_person(make_list, make_subject, jpeg):
    mark = jpeg + b"second"
    first, second = make_subject("V-001", images=3), make_subject("V-002")
    image = second.images[0].model_copy(update={"jpeg": mark})
    second = second.model_copy(update={"images": (image,)})
    got = unpack(pack(make_list((first, second)))).register.subjects
    assert [len(s.images) for s in got] == [3, 1]
    assert got[1].images[0].jpeg == mark
    assert {image.jpeg for image in got[0].images} == {jpeg}


def test_no_picture_stands_in_the_text(make_list):
    assert b"jpeg" not in load(pack(make_list()))["register"].tobytes()


@pytest.mark.parametrize(
    ("arrays", "field"),
    [
        ({"templates": np.full((3, 16), np.nan, np.float16)}, "templates"),
        ({"templates": np.full((3, 16), np.inf, np.float16)}, "templates"),
        ({"templates": np.full((3, 16), 0.5, np.float16)}, "templates"),
        ({"templates": np.zeros((3, 0), np.float16)}, "templates"),
        ({"templates": np.full((2, 16), 0.25, np.float16)}, "templates"),
        ({"templates": np.full((3, 16), 0.25, np.float32)}, "arrays"),
        ({"templates": np.full(48, 0.25, np.float16)}, "arrays"),
        ({"owners": np.array([0, 0, 2], np.int32)}, "owners"),
        ({"owners": np.array([0, 1, 0], np.int32)}, "owners"),
        ({"owners": np.array([-1, 0, 1], np.int32)}, "owners"),
        ({"owners": np.array([0, 0], np.int32)}, "owners"),
        ({"offsets": np.array([0, 1], np.int64)}, "offsets"),
        ({"offsets": np.array([0, 9, 3, 12], np.int64)}, "offsets"),
        ({"offsets": np.array([0, -(2**63), 2**63 - 1, 12], np.int64)}, "offsets"),
        ({"offsets": np.array([5, 6, 7, 8], np.int64)}, "offsets"),
        ({"thumbnails": np.zeros(7, np.uint8)}, "offsets"),
        ({"extra": np.zeros(7, np.uint8)}, "arrays"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(forge, arrays, field):
    with pytest.raises(InputError, match=field):
        unpack(forge(**arrays))


def test_a_missing_array_is_refused(make_list):
    arrays = load(pack(make_list()))
    del arrays["owners"]
    with pytest.raises(InputError, match="arrays"):
        unpack(save(arrays))


def test_a_thumbnail_that_is_no_jpeg_is_refused(forge, make_list):
    length = len(load(pack(make_list()))["thumbnails"])
    with pytest.raises(InputError, match="not a JPEG"):
        unpack(forge(thumbnails=np.zeros(length, np.uint8)))


def test_a_thumbnail_that_is_too_large_is_refused(make_list, make_subject, jpeg):
    subject = make_subject()
    image = subject.images[0].model_copy(update={"jpeg": jpeg + bytes(MAX_JPEG_BYTES)})
    subject = subject.model_copy(update={"images": (image,)})
    with pytest.raises(InputError, match="too large"):
        unpack(pack(make_list((subject,))))


def test_a_bundle_that_is_too_large_is_refused_unread(monkeypatch, make_list):
    monkeypatch.setattr(bundle, "LIMIT_BYTES", 100)
    with pytest.raises(InputError, match="too large"):
        unpack(pack(make_list()))


def test_a_type_that_numpy_does_not_have_is_refused(make_list):
    data = pack(make_list()).replace(b'"dtype":"F16"', b'"dtype":"BF16"')
    header = int.from_bytes(data[:8], "little") + 1
    with pytest.raises(InputError, match="safetensors"):
        unpack(header.to_bytes(8, "little") + data[8:])


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (lambda r: r["subjects"][0].update(ground="associate"), "subjects.0.ground"),
        (lambda r: r["subjects"][1].update(born_on="2010-01-01"), "under-18"),
        (lambda r: r["subjects"][1].update(reference="V-001"), "twice"),
        (lambda r: r["subjects"][1].update(reference="../../etc"), "subjects.1.reference"),
        (lambda r: r["subjects"][0].update(images=[]), "subjects.0.images"),
        (lambda r: r["subjects"][0].update(images=r["subjects"][0]["images"] * 2), "images"),
        (lambda r: r["subjects"][0].update(expires_at="2020-01-01T00:00:00Z"), "had ended"),
        (lambda r: r.update(subjects=[]), "subjects"),
        (lambda r: r.update(expires_at="2026-05-06T00:00:00Z"), "24 hours"),
        (lambda r: r.update(made_at="2026-05-04T09:00:00"), "made_at"),
        (lambda r: r.pop("model_id"), "model_id"),
    ],
)
def test_a_register_that_is_not_lawful_is_refused_by_its_field(forge, edit, field):
    with pytest.raises(InputError, match=field):
        unpack(forge(edit))


def test_a_refusal_never_repeats_what_stood_in_the_register(forge):
    def edit(register):
        register["subjects"][0].update(reference="Jane Roe", **{"Jane Roe": "Jane Roe"})

    with pytest.raises(InputError) as refusal:
        unpack(forge(edit))
    assert "Roe" not in refusal.value.advice()


def test_an_unknown_field_is_refused_without_its_name(forge):
    with pytest.raises(InputError, match=r"subjects\.0: ") as refusal:
        unpack(forge(lambda r: r["subjects"][0].update({"Jane Roe": 1})))
    assert "Roe" not in refusal.value.advice()


def test_someone_under_18_may_be_listed_with_a_signed_reason(make_list, make_subject, now):
    young = make_subject(
        born_on=(now - timedelta(days=365 * 16)).date(),
        under_age_override="court order 12, seen by an inspector",
    )
    assert unpack(pack(make_list((young,)))).register.subjects[0].under_age(now.date())


@given(data=st.binary(max_size=400))
@few
def test_any_bytes_at_all_are_refused_in_one_line(data):
    with pytest.raises(InputError):
        unpack(data)


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@few
def test_a_flipped_bit_is_refused_or_makes_another_whole_list(make_list, place, bit):
    data = bytearray(pack(make_list()))
    data[int(place * len(data))] ^= 1 << bit
    with suppress(InputError):
        assert np.isfinite(unpack(bytes(data)).templates).all()


@given(share=st.floats(0, 1, exclude_max=True))
@few
def test_a_truncated_list_is_refused(make_list, share):
    data = pack(make_list())
    with pytest.raises(InputError):
        unpack(data[: int(share * len(data))])
