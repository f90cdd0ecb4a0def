"""A sieve finds each of many short pieces wherever it lies, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audit.sieve import Needle, Sieve

LETTERS = bytes(range(1, 33))


def a_needle(data=LETTERS, face=1):
    return Needle(face, "luma", data)


@given(before=st.integers(0, 40), behind=st.integers(0, 40), length=st.integers(8, 32))
def test_a_needle_is_found_wherever_it_lies(before, behind, length):
    needle = a_needle(LETTERS[:length])
    assert Sieve([needle]).find(b"\xee" * before + needle.data + b"\xee" * behind) == {needle}


@given(place=st.integers(0, 31), bit=st.integers(0, 7))
def test_what_differs_in_one_bit_is_not_found(place, bit):
    other = bytearray(LETTERS)
    other[place] ^= 1 << bit
    assert Sieve([a_needle()]).find(b"\xee" * 5 + other + b"\xee" * 5) == set()


@given(st.integers(0, 2**32))
def test_thousands_are_told_apart_though_they_begin_alike(seed):
    chance = np.random.default_rng(seed)
    start = chance.bytes(8)
    needles = [a_needle(start + chance.bytes(24), face) for face in range(2000)]
    some = {needles[int(i)] for i in chance.integers(0, 2000, 5)}
    hay = b"".join(chance.bytes(int(chance.integers(100))) + one.data for one in some)
    sieve = Sieve(needles)
    assert len(sieve) == 2000
    assert sieve.find(memoryview(hay)) == some


@pytest.mark.parametrize("hay", [b"", b"short", bytes(100_000), LETTERS[:-1]])
def test_nothing_is_found_where_nothing_is(hay):
    assert Sieve([a_needle()]).find(hay) == set()


@pytest.mark.parametrize("data", [b"", LETTERS[:7], bytes(32), LETTERS * 3])
def test_a_needle_that_could_not_be_told_from_nothing_is_refused(data):
    with pytest.raises(ValueError, match="8 to 64 bytes"):
        Sieve([a_needle(data)])


def test_no_pixel_stands_in_a_needles_repr():
    assert "\\x" not in repr(a_needle())
    assert "luma" in repr(a_needle())
