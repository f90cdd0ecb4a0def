"""A stream of H.264 is cut into its pictures, whatever pieces it comes in, and leaves nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.host import units
from appliance.host.units import IDR, PPS, SPS, Nal, Units, nals, number

FIRST, MORE = b"\x88", b"\x08"
"""Behind a slice's header: the first macroblock is 0, or a later one."""
AUD, SEI = b"\0\0\0\1\x09\xf0", b"\0\0\1\x06\x05\x01\x00\x80"
SETS = b"\0\0\0\1\x67\x64\x00\x1f\xac" + b"\0\0\0\1\x68\xeb\xe3"


def a_slice(kind=1, first=FIRST, length=9):
    return b"\0\0\1" + bytes([0x60 | kind]) + first + b"\x5a" * length


PICTURES = [
    SETS + a_slice(IDR),
    a_slice(),
    a_slice(length=400) + a_slice(first=MORE),
    AUD + a_slice(length=0),
    SEI + a_slice(IDR) + a_slice(IDR, MORE),
    SEI + SETS + a_slice(2),
]


def cut(data, sip):
    """Cut a stream that comes in sips."""
    stream, found = Units(), []
    for at in range(0, len(data), sip):
        found += [bytes(one) for one in stream.take(memoryview(data)[at : at + sip])]
    found += [bytes(one) for one in stream.rest()]
    assert not any(stream._room), "nothing is left of any"
    return found


def bare(unit):
    """Leave away the zeros that may stand before a start and belong to nobody."""
    return unit.strip(b"\0")


@given(st.lists(st.integers(0, len(PICTURES) - 1), min_size=1, max_size=6), st.integers(1, 900))
def test_every_picture_comes_out_by_itself(order, sip):
    stream = [PICTURES[i] for i in order]
    assert [*map(bare, cut(b"".join(stream), sip))] == [*map(bare, stream)]


def test_what_has_another_time_is_of_another_picture_though_its_first_slice_was_lost():
    stream = Units()
    assert not [*stream.take(memoryview(a_slice()), 1)]
    lent = [(bytes(one), stream.stamp) for one in stream.take(memoryview(a_slice(first=MORE)), 2)]
    assert lent == [(a_slice(), 1)]
    assert [(bytes(one), stream.stamp) for one in stream.rest()] == [(a_slice(first=MORE), 2)]


def test_parameters_that_come_before_their_picture_go_with_it_whatever_their_time():
    stream = Units()
    assert not [*stream.take(memoryview(SETS), 1)]
    assert not [*stream.take(memoryview(a_slice(IDR)), 2)]
    assert [bytes(one) for one in stream.rest()] == [SETS + a_slice(IDR)]


def test_a_picture_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(units, "ROOM_BYTES", 64)
    monkeypatch.setattr(units, "MOST_BYTES", 4096)
    stream = Units()
    long, more = memoryview(a_slice(length=3000)), memoryview(bytes(2000))
    given_up = [*stream.take(long), *stream.take(more)]
    assert given_up == [None]
    assert not any(stream._room)
    found = [bytes(one) for one in stream.take(memoryview(PICTURES[1] * 2))]
    assert found == [PICTURES[1]]


@given(st.binary(max_size=400), st.integers(1, 50))
def test_rubbish_is_no_film_and_nothing_of_it_is_lost_or_kept(rubbish, sip):
    assert b"".join(cut(rubbish, sip)) == rubbish


def test_a_unit_falls_into_what_it_is_made_of():
    found = list(nals(PICTURES[4]))
    assert [nal.kind for nal in found] == [6, IDR, IDR]
    assert found[2] == Nal(IDR, a_slice(IDR, MORE)[3:])
    assert [*nals(b"\0\0")] == []


@pytest.mark.parametrize(
    ("nal", "told"),
    [
        (Nal(SPS, b"\x67\x64\x00\x1f\xac"), 0),
        (Nal(SPS, b"\x67\x64\x00\x1f\x40"), 1),
        (Nal(PPS, b"\x68\xeb\xe3"), 0),
        (Nal(PPS, b"\x68\x2b"), 4),
        (Nal(PPS, b"\x68" + bytes(9)), 0),
    ],
)
def test_sets_of_parameters_are_told_apart_by_their_number(nal, told):
    assert number(nal) == told
