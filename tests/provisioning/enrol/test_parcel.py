"""What a worker says is read as if it were hostile."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.watchlist import MAX_JPEG_BYTES
from provisioning.enrol.gate import Fault
from provisioning.enrol.parcel import MOST_BYTES, Failure, ParcelError, pack, unpack
from provisioning.enrol.studio import Answer

TAKEN = Answer(
    notice="old",
    review=True,
    measures={"eyes_px": 70.5},
    quality=0.5,
    jpeg=b"\xff\xd8\xff picture",
    template=np.array([0.6, 0.8], np.float32),
)
REFUSED = Answer(Fault("No face was found.", "Choose another."), jpeg=b"\xff\xd8\xff")


def test_an_answer_comes_out_as_it_went_in():
    again = unpack(pack(TAKEN))
    assert again.template.tolist() == TAKEN.template.tolist()
    assert (again.jpeg, again.measures, again.review) == (TAKEN.jpeg, TAKEN.measures, True)
    assert (again.notice, again.quality, again.fault) == ("old", 0.5, None)
    assert unpack(pack(REFUSED)) == REFUSED


def test_ready_and_failed_are_told_apart():
    assert unpack(pack(None)) is None
    assert unpack(pack(Failure("Lost.", "Start again."))) == Failure("Lost.", "Start again.")


def test_the_largest_answer_fits():
    whole = Answer(jpeg=bytes(MAX_JPEG_BYTES), template=np.zeros(4096, np.float32))
    assert len(pack(whole)) < MOST_BYTES


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"X",
        b"RR",
        b"A",
        b"A\xff\xff\xff\xff{}",
        b"F{}",
        b"F0",
        b"F[1,2,3]",
        pack(TAKEN)[:-1],
        pack(TAKEN) + b"\0",
        pack(TAKEN).replace(b'"numbers": 2', b'"numbers":-2'),
        pack(TAKEN).replace(b'"numbers": 2', b'"numbers": 3'),
        pack(TAKEN).replace(b"70.5", b" NaN"),
        pack(TAKEN).replace(b'"review"', b'"pickle"'),
        b"\x80\x04\x95",
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises(ParcelError):
        unpack(data)


@given(data=st.binary(max_size=200), place=st.integers(0, 200), kind=st.sampled_from([b"A", b"F"]))
def test_any_bytes_are_an_answer_or_are_refused(data, place, kind):
    whole = pack(TAKEN)
    for spoilt in (kind + data, whole[:place] + data + whole[place + len(data) :]):
        with suppress(ParcelError):
            unpack(spoilt)


def test_nothing_of_a_person_is_shown():
    assert "old" not in repr(unpack(pack(TAKEN)))
    assert "face" not in repr(REFUSED)
