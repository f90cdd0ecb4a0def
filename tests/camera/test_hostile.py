"""Damaged and hostile films are refused in one line, or played as far as they can be."""

import os
import socket
import zlib
from functools import cache
from types import SimpleNamespace

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.errors import InputError, MachineError
from appliance.host.camera import open_camera
from appliance.host.source import BARREN_PIECES, Source
from appliance.settings import CameraSettings
from tests.camera.standing import Lit

WAIT_S = 20.0
NOBODY = 65534
CONTAINERS = {"film.mp4": "mpeg4", "film.avi": "mjpeg", "film.mkv": "ffv1", "film.gif": "gif"}


@pytest.fixture
def as_nobody():
    """Takes from root the right to read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(user)


def refuse(played, path):
    with pytest.raises(InputError) as refused, played(path):
        pass
    advice = refused.value.advice()
    assert path.name in advice
    assert "Give a film that a player can show." in advice
    assert "\n" not in advice
    assert refused.value.exit_code == 65
    return advice


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 5000,
        b"This is the text of a letter.\n" * 100,
        os.urandom(5000),
        b"\xff\xd8\xff\xe0" + b"\0" * 300,
        b"GIF89a" + b"\xff" * 300,
        b"\x1aE\xdf\xa3" + b"\xff" * 300,
        b"ffconcat version 1.0\nfile '/etc/hostname'\n",
    ],
    ids=["nothing", "zeros", "text", "noise", "jpeg", "gif", "matroska", "list"],
)
@pytest.mark.parametrize("name", ["film.mp4", "film.jpg"])
def test_what_is_no_film_is_refused(content, name, tmp_path, played, capfd):
    (tmp_path / name).write_bytes(content)
    refuse(played, tmp_path / name)
    assert capfd.readouterr() == ("", "")


def test_a_playlist_makes_the_van_call_nobody(tmp_path, played):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        stranger.setblocking(False)
        address = f"http://127.0.0.1:{stranger.getsockname()[1]}/a.ts"
        film = tmp_path / "film.m3u8"
        film.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n")
        refuse(played, film)
        with pytest.raises(BlockingIOError):
            stranger.accept()


def test_a_missing_film_is_said_to_be_missing(tmp_path, played):
    assert "No such file" in refuse(played, tmp_path / "film.mp4")


def test_a_folder_is_no_film(tmp_path, played):
    (tmp_path / "film.mp4").mkdir()
    assert "Is a directory" in refuse(played, tmp_path / "film.mp4")


def test_a_film_that_may_not_be_read_says_so(film, as_nobody, played):
    if os.geteuid() != NOBODY:
        film.chmod(0)
    assert "Permission denied" in refuse(played, film)


def test_a_film_of_sound_alone_has_no_picture(tmp_path, played):
    path = tmp_path / "song.mkv"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        noise = av.AudioFrame(format="s16", layout="mono", samples=800)
        noise.sample_rate, noise.pts = 8000, 0
        container.mux(sound.encode(noise))
    assert "no video" in refuse(played, path)


def test_a_film_in_a_tongue_that_nobody_knows_is_refused(write_film, grey, played):
    film = write_film([grey(0)], "film.avi", "mjpeg", "yuvj420p")
    film.write_bytes(film.read_bytes().replace(b"MJPG", b"ZQZQ"))
    refuse(played, film)


@pytest.fixture
def write_short(write_film, grey):
    """Gives the bytes of a film of ten pictures in a container."""

    def write(name):
        codec = CONTAINERS[name]
        fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
        return write_film([grey(number) for number in range(10)], name, codec, fmt).read_bytes()

    return cache(write)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("name", CONTAINERS)
def test_a_film_that_was_cut_off_is_played_to_the_cut(share, name, write_short, tmp_path, played):
    data = write_short(name)
    film = tmp_path / name
    film.write_bytes(data[: int(len(data) * share)])
    try:
        with played(film, paced=False) as camera:
            frames = sum(1 for _ in iter(lambda: camera.read(WAIT_S), None))
    except InputError:
        frames = 0
    assert 0 <= frames <= 10
    assert name == "film.mp4" or frames or share < 0.5


def damage(film, numbers):
    """Overwrite whole pictures of a film where they lie."""
    with av.open(str(film)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(film.read_bytes())
    for number in numbers:
        start, size = places[number]
        data[start + 4 : start + size] = b"\xff" * (size - 4)
        data[start : start + 4] = bytes(4)
    film.write_bytes(data)


@pytest.mark.parametrize(
    "form", [("film.avi", "mjpeg", "yuvj420p"), ("film.mp4", "libx264", "yuv420p")]
)
def test_damaged_pieces_are_skipped_and_counted(form, write_film, grey, played, capfd):
    film = write_film([grey(number) for number in range(10)], *form, gop_size=1)
    capfd.readouterr()  # the encoder's own words
    damage(film, (2, 5))
    with played(film, paced=False) as camera:
        numbers = [frame.number for frame in iter(lambda: camera.read(WAIT_S), None)]
        assert camera.bad == 2
    assert numbers == list(range(8))
    assert capfd.readouterr() == ("", "")


class Stream:
    """A video whose pictures are what a test says."""

    def __init__(self, *pictures):
        codec = SimpleNamespace(intra_only=False)
        self.codec_context = SimpleNamespace(
            thread_count=0, options=None, flags=0, name="h264", codec=codec
        )
        self.time_base = self.average_rate = self.guessed_rate = None
        self.pictures = iter(pictures)

    def decode(self, packet):
        return [next(self.pictures)]


def picture(width=8, is_corrupt=False):
    return SimpleNamespace(width=width, height=8, is_corrupt=is_corrupt, pts=None, duration=None)


def test_a_picture_that_was_half_decoded_is_counted_and_not_looked_at():
    stream = Stream(picture(), picture(is_corrupt=True), picture(width=1), picture())
    container = SimpleNamespace(demux=lambda stream: iter([SimpleNamespace()] * 4))
    pieces = list(Source(stream, container, live=False).pieces())
    assert [piece is None for piece in pieces] == [False, True, True, False]


def write_png(path, side):
    """A black picture, square, one bit a pixel: a small file, however large the picture."""
    size = side.to_bytes(4, "big")
    lines = zlib.compress(bytes(side * (side // 8 + 1)))
    chunks = [b"IHDR" + size * 2 + b"\x01\0\0\0\0", b"IDAT" + lines, b"IEND"]
    framed = (
        (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        for chunk in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(framed))
    return path


def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path, played, every_frame):
    assert len(every_frame(write_png(tmp_path / "small.png", 800))) == 1
    refuse(played, write_png(tmp_path / "huge.png", 8200))


def test_a_source_that_never_gives_a_picture_is_given_up():
    class Damaged:
        """A container that is unreadable wherever it is read."""

        tries = 0

        def demux(self, stream):
            Damaged.tries += 1
            raise av.error.InvalidDataError(1, "damaged")
            yield

    stream = Stream()
    source = Source(stream, Damaged(), live=False)
    assert list(source.pieces()) == [None] * BARREN_PIECES
    assert list(Source(stream, Damaged(), live=True).pieces()) == []
    assert Damaged.tries == BARREN_PIECES + 1


@pytest.mark.parametrize("uri", ["/dev/video99", "csi://0", "rtsp://[", "nonsense://camera"])
def test_a_camera_that_is_not_there_is_a_fault_of_the_machine(uri, played):
    with pytest.raises(MachineError, match="The camera mast-1 gives no picture") as refused:
        played(uri).__enter__()
    assert "camera.uri" in refused.value.advice()
    assert "\n" not in refused.value.advice()


def play_through(film):
    """Give every buffer that the film went through."""
    with open_camera(CameraSettings(uri=str(film), paced=False), Lit()) as camera:
        return [frame.pixels for frame in iter(lambda: camera.read(WAIT_S), None)]


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    return tmp_path_factory.mktemp("spoilt")


@pytest.mark.parametrize("name", CONTAINERS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=40))
def test_no_damage_crashes_or_hangs_the_camera(name, flips, write_short, spoilt):
    data = bytearray(write_short(name))
    for place, value in flips:
        data[int(place * (len(data) - 1))] = value
    (spoilt / name).write_bytes(data)
    try:
        buffers = play_through(spoilt / name)
    except InputError as refused:
        buffers, advice = [], refused.advice()
        assert advice.count("\n") == 0
    assert not any(pixels.any() for pixels in buffers)
