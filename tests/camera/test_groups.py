"""A film of bare H.264 is shown whole, and nothing of a picture outlives its group."""

import io
import os
import subprocess
import sys
from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest

from appliance.audit import memory
from appliance.audit.sieve import Needle, Sieve
from appliance.clock import Reel
from appliance.host.groups import SIP_BYTES, Decoder, Groups, sip
from appliance.host.units import START, nals
from tests.needles import OVERWRITING

WIDTH, HEIGHT, FPS = 320, 192, 25
GROUP = 8
FORMS = {
    "as cameras do": "keyint=8:scenecut=0:bframes=0:ref=2",
    "pictures that wait for others": "keyint=8:scenecut=0:bframes=3:ref=4",
    "many slices": "keyint=8:scenecut=0:bframes=0:slices=4:aud=1",
    "fields": "keyint=8:scenecut=0:bframes=0:interlaced=1",
    "without escapes to mend": "keyint=8:scenecut=0:bframes=0:cabac=0:qp=40",
}


def packets(pictures, how=FORMS["as cameras do"], rate=FPS):
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, rate), rate
    encoder.options = {"preset": "veryfast", "x264-params": how}
    for count, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, "gray").reformat(format="yuv420p")
        frame.pts = count
        yield from map(bytes, encoder.encode(frame))
    yield from map(bytes, encoder.encode(None))


def film(pictures, *how, **more):
    return b"".join(packets(pictures, *how, **more))


def walk(count):
    """A square that goes on by some pixels in each picture."""
    for at in range(count):
        picture = np.full((HEIGHT, WIDTH), 90, np.uint8)
        picture[60:120, 6 * at : 6 * at + 60] = 200
        yield picture


def noise(seed):
    made = np.random.default_rng(seed).normal(110, 30, (HEIGHT, WIDTH))
    return made.clip(0, 255).astype(np.uint8)


def shown(data):
    """Give a film's pictures in luma, and what was counted as damaged."""
    source = Groups(sip(io.BytesIO(data)), Reel(0.0, 1), Decoder())
    pieces = list(source.pieces())
    whole = [piece.picture.to_ndarray(format="yuv420p")[:HEIGHT] for piece in pieces if piece]
    return whole, pieces.count(None)


def expected(data):
    """What FFmpeg makes of it by itself."""
    with av.open(io.BytesIO(data), format="h264") as container:
        return [frame.to_ndarray(format="yuv420p")[:HEIGHT] for frame in container.decode(video=0)]


@pytest.mark.parametrize("how", FORMS)
def test_every_picture_is_shown_as_it_is_in_its_order(how):
    data = film(walk(3 * GROUP), FORMS[how])
    whole, damaged = shown(data)
    assert (len(whole), damaged) == (3 * GROUP, 0)
    assert all(np.array_equal(*both) for both in zip(whole, expected(data), strict=True))


def test_each_group_has_a_decoder_of_its_own():
    decoder = Decoder()
    data = film(walk(3 * GROUP))
    list(Groups(sip(io.BytesIO(data)), Reel(0.0, 1), decoder).pieces())
    assert decoder.opened == 3


def test_parameters_that_are_said_once_hold_for_all_groups():
    told = list(packets(walk(2 * GROUP)))
    said = b"".join(START + nal.data for nal in nals(told[0]) if nal.kind in {7, 8})
    bare = [
        b"".join(START + nal.data for nal in nals(unit) if nal.kind not in {7, 8}) for unit in told
    ]
    assert len(shown(said + b"".join(bare))[0]) == 2 * GROUP
    decoder = Decoder(said, live=True)
    chunks = [(memoryview(unit), number) for number, unit in enumerate(bare)]
    pieces = list(Groups(chunks, Reel(0.04, 1), decoder).pieces())
    assert len(pieces) == 2 * GROUP
    assert pieces[-1].due_ns == 40_000_000 * (2 * GROUP - 1)


def test_a_film_that_says_how_fast_it_goes_is_shown_so():
    source = Groups(sip(io.BytesIO(film(walk(4), rate=50))), Reel(0.0, 1), Decoder())
    assert [piece.due_ns for piece in source.pieces()][-1] >= 3 * 20_000_000 - 20_000_000


def test_a_damaged_picture_is_counted_and_the_next_group_is_whole():
    units = list(packets(walk(2 * GROUP)))
    units[GROUP - 1] = START + b"\x61" + b"\xff" * 40
    whole, damaged = shown(b"".join(units))
    assert damaged >= 1
    assert np.array_equal(whole[-1], expected(film(walk(2 * GROUP)))[-1])


def test_what_cannot_be_read_is_counted():
    data = film(walk(2))
    chunks = [None, (memoryview(data), None)]
    pieces = list(Groups(chunks, Reel(0.0, 1), Decoder()).pieces())
    assert [piece is None for piece in pieces] == [True, False, False]


def test_a_packet_is_zeros_once_it_is_decoded():
    decoder = Decoder()
    packet = av.Packet(len(data := film(walk(1))))
    packet.update(data)
    decoder.decode(packet)
    assert not any(bytes(packet))


def test_a_film_is_read_in_sips_that_are_overwritten():
    read = SimpleNamespace(rooms=[])

    class Tap(io.BytesIO):
        def readinto(self, room):
            read.rooms.append(room)
            return super().readinto(room)

    data = bytes(range(1, 200)) * 1000
    assert b"".join(bytes(chunk) for chunk, _ in sip(Tap(data))) == data
    assert len(read.rooms) > len(data) // SIP_BYTES
    assert not any(bytes(read.rooms[0]))


# -- What is left of whoever has gone by

WATCH = """
import sys
from appliance.clock import Reel
from appliance.host.groups import Decoder, Groups, sip

with open(sys.argv[1], "rb", buffering=0) as film:
    pieces = Groups(sip(film), Reel(0.0, 1), Decoder()).pieces()
    for _ in range(int(sys.argv[2])):
        next(pieces)
    print("watched", flush=True)
    sys.stdin.readline()
"""


def left(file, pictures, needles):
    """Watch some of a film in another process, and search its memory while it goes on."""
    with subprocess.Popen(
        [sys.executable, "-c", WATCH, file, str(pictures)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **OVERWRITING},
    ) as process:
        assert process.stdout.readline() == b"watched\n"
        found = memory.search(process.pid, Sieve(needles))
        process.communicate(b"\n")
    return {one.form for one in found}


def needles(data):
    """Pieces of the first picture, as it is compressed and as it is seen."""
    seen = expected(data)[0]
    rows = [Needle(0, "luma", seen[row, 100:132].tobytes()) for row in range(4, HEIGHT, 9)]
    film = [data[at : at + 32] for at in range(1000, 20_000, 501)]
    clean = [piece for piece in film if not {b"\0", b"\xff"} & {bytes([one]) for one in piece}]
    return [*rows, *(Needle(0, "film", piece) for piece in clean)]


@pytest.mark.parametrize(
    "how", ["keyint=8:ref=4:bframes=0:qp=20", "keyint=250:ref=4:bframes=0:qp=20"]
)
def test_of_a_picture_that_is_over_nothing_is_left_in_its_own_group_or_another(tmp_path, how):
    gone = [noise(3)] * 2 + [np.full((HEIGHT, WIDTH), 90, np.uint8)] * 40
    data = film(gone, how)
    (tmp_path / "street.h264").write_bytes(data)
    assert left(tmp_path / "street.h264", 38, needles(data)) == set()


def test_a_picture_that_is_in_view_is_found(tmp_path):
    data = film([noise(3)] * 6)
    (tmp_path / "street.h264").write_bytes(data)
    assert left(tmp_path / "street.h264", 1, needles(data)) == {"film", "luma"}
