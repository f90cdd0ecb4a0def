"""A film of bare JPEG pictures is cut apart whole, and carries nothing from one to the next."""

import io

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from appliance.host import stills
from appliance.host.stills import Cutter, decode

THUMBNAIL = b"\xff\xd8\xff\xd9"


def a_jpeg(seed=0, side=32, **how):
    noise = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG", **how)
    return file.getvalue()


def with_thumbnail(jpeg):
    """Put a segment behind its beginning, in which another picture begins and ends."""
    segment = b"\xff\xe1" + (2 + len(THUMBNAIL)).to_bytes(2, "big") + THUMBNAIL
    return jpeg[:2] + segment + jpeg[2:]


JPEGS = [
    a_jpeg(0),
    a_jpeg(1, side=200),
    a_jpeg(2, progressive=True),
    a_jpeg(3, restart_marker_blocks=1),
    with_thumbnail(a_jpeg(4)),
    a_jpeg(5)[:2] + b"\xff\xff" + a_jpeg(5)[2:],
]


class Drip(io.RawIOBase):
    """Gives a few bytes at a time, as a pipe may."""

    def __init__(self, data, sip):
        self.data, self.sip = io.BytesIO(data), sip

    def readinto(self, room):
        return self.data.readinto(room[: self.sip])


def cut(data, sip=1 << 20):
    cutter = Cutter(Drip(data, sip))
    found = [None if picture is None else bytes(picture) for picture in cutter.pictures()]
    assert not any(cutter._room), "nothing is left of any"
    return found


@given(st.lists(st.integers(0, len(JPEGS) - 1), max_size=5), st.integers(1, 5000))
def test_every_picture_comes_out_as_it_went_in(order, sip):
    film = [JPEGS[i] for i in order]
    assert cut(b"".join(film), sip) == film


def test_what_lies_between_two_pictures_is_passed_over():
    assert cut(b"junk" + JPEGS[0] + b"\xff\x00more" + JPEGS[1] + b"\xff") == JPEGS[:2]


@pytest.mark.parametrize("end", [3, 20, -2, -1])
def test_a_picture_that_ends_too_soon_is_none_and_the_next_one_is_whole(end):
    found = cut(JPEGS[0][:end] + JPEGS[1])
    assert found[-1] == JPEGS[1]
    assert found[0] is None


@given(st.binary(max_size=400))
def test_rubbish_is_no_film_and_does_no_harm(rubbish):
    assert cut(b"\xff\xd8" + rubbish + JPEGS[0])[-1] in {JPEGS[0], None}


def test_a_picture_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(stills, "ROOM_BYTES", 64)
    monkeypatch.setattr(stills, "MOST_BYTES", 4096)
    assert JPEGS[0] not in cut(JPEGS[0][:-2] + b"x" * 9000)
    assert cut(JPEGS[0]) == JPEGS[:1]


def test_a_packet_is_zeros_once_it_is_decoded():
    packet = av.Packet(len(JPEGS[1]))
    packet.update(JPEGS[1])  # its own bytes, which may be overwritten
    (picture,) = decode(packet)
    assert (picture.width, picture.height) == (200, 200)
    assert not any(bytes(packet))
