"""A note says who stands by a text, and nobody can say it for another."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import InputError, TrustError
from appliance.oversight import checkpoint, note
from appliance.oversight.checkpoint import Checkpoint
from appliance.oversight.note import Key, Note
from tests.oversight.log.conftest import NAME, make_pen, make_witness

TEXT = Checkpoint(NAME, 7, bytes(32)).text
SEEN_S = 1_780_000_000


def signed(*pens):
    return note.write(TEXT, [pen.sign(TEXT, SEEN_S) for pen in pens])


def test_whoever_has_signed_is_believed_and_nobody_else():
    found = Note.read(signed(make_pen()))
    assert found.require(make_pen().key) == 0
    for stranger in (make_pen(number=2), make_pen("lfr.example/van-2"), make_witness()):
        with pytest.raises(TrustError, match="has not signed"):
            found.require(stranger.key)


def test_a_witness_says_when_it_has_seen_the_log():
    found = Note.read(signed(make_pen(), make_witness()))
    assert found.require(make_witness().key) == SEEN_S
    assert found.require(make_pen().key) == 0


def test_nobody_gives_a_witness_s_word_another_time():
    ((by, said),) = Note.read(signed(make_witness())).lines
    later = said[:4] + (SEEN_S + 1).to_bytes(8, "big") + said[12:]
    with pytest.raises(TrustError, match="is not"):
        Note(TEXT, ((by, later),)).require(make_witness().key)


def test_a_key_goes_through_the_hands_of_people():
    for pen in (make_pen(), make_witness()):
        assert Key.read(f" {pen.key.text}\n") == pen.key


@pytest.mark.parametrize(
    "text",
    ["", "name", "name+00000000+", "name+00000000+AQ==", "a b+00000000+AQ==", "+++", "name+zz+é"],
)
def test_what_is_no_key_is_refused(text):
    with pytest.raises(InputError, match="no public key"):
        Key.read(text)


@given(st.integers(0, 1_000))
def test_no_letter_of_a_key_can_be_another(place):
    text = make_pen().key.text
    place %= len(text)
    other = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
    with suppress(InputError):
        assert Key.read(other) != make_pen().key


@pytest.mark.parametrize(
    "data",
    [
        b"", b"text\n", b"text\n\n", b"\xff\n\n", b"a\tb\n\n\xe2\x80\x94 a AAAAAAAA\n",
        b"text\n\nno line\n", "text\n\n\u2014 a b\n".encode(), "text\n\n\u2014 a AAAA\n".encode(),
        "text\n\n\u2014 a AAAAAAB=\n".encode(), "text\n\n\u2014 a AAAAA===\n".encode(),
        b"x" * 70_000 + "\n\n\u2014 a AAAAAAAA\n".encode(),
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(data):
    with pytest.raises(InputError, match="no signed note"):
        Note.read(data)


@given(st.binary(max_size=200))
def test_whatever_bytes_come_they_are_refused_or_read(data):
    for whole in (data, signed(make_pen()) + data, data + signed(make_pen())):
        try:
            Note.read(whole).require(make_pen().key)
        except (InputError, TrustError):
            continue
        assert Note.read(whole).text == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "", "a\n", f"{NAME}\n07\n{'A' * 43}=\n", f"{NAME}\n7\nAAAA\n",
        f"{NAME}\n7\n{'A' * 43}=\nmore\n",
        f"{NAME}\n-7\n{'A' * 43}=\n", f"{NAME}\n7\n{'!' * 44}\n", f"a b\n7\n{'A' * 43}=\n",
        f"{NAME}\n7\n{'A' * 42}B=\n", f"{NAME}\n{'9' * 19}\n{'A' * 43}=\n",
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(InputError, match="no checkpoint"):
        checkpoint.read(Note(text, ()))


def test_a_checkpoint_says_what_was_written():
    found = checkpoint.read(Note.read(signed(make_pen())))
    assert found == Checkpoint(NAME, 7, bytes(32))
    assert found.root_hex == "00" * 32
