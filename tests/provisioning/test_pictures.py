from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from appliance.errors import InputError
from provisioning import pictures
from provisioning.pictures import MAX_BYTES, SIDE_PX, THUMBNAIL_PX, open_picture, thumbnail

few = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ORIENTATION = 0x0112


def noise(width=60, height=40):
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def encode(image, kind, **options):
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_of_size(width, height):
    """A PNG of a hundred bytes that claims to be of any size."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.fixture
def keep(tmp_path):
    def write(data):
        file = tmp_path / "picture.jpg"
        file.write_bytes(data)
        return file

    return write


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_five_formats_are_read_as_rgb(keep, kind):
    picture = open_picture(keep(encode(noise(), kind)))
    assert picture.shape == (40, 60, 3)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_colour_becomes_rgb(keep, mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new(mode, (8, 6)) if mode == "I;16" else noise().convert(mode)
    assert open_picture(keep(encode(image, kind))).shape[2] == 3


def test_a_see_through_palette_is_no_reason_to_refuse(keep):
    image = noise().convert("P")
    data = encode(image, "PNG", transparency=bytes(range(256)))
    assert open_picture(keep(data)).shape == (40, 60, 3)


def test_of_an_animation_the_first_frame_is_taken(keep):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert open_picture(keep(data))[5, 5].tolist() == [255, 0, 0]


def test_a_picture_taken_sideways_is_stood_up(keep):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    assert open_picture(keep(encode(noise(60, 40), "JPEG", exif=exif))).shape == (60, 40, 3)


def test_a_large_picture_is_reduced_and_keeps_its_shape(keep):
    picture = open_picture(keep(encode(Image.new("RGB", (5000, 2500)), "JPEG")))
    assert picture.shape == (SIDE_PX // 2, SIDE_PX, 3)


def test_an_empty_file_is_refused_by_name(keep):
    with pytest.raises(InputError, match=r"picture\.jpg"):
        open_picture(keep(b""))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
def test_a_truncated_picture_is_refused(keep, kind):
    data = encode(noise(), kind)
    with pytest.raises(InputError) as refusal:
        open_picture(keep(data[: len(data) // 2]))
    assert refusal.value.mend


def test_another_format_is_refused_unread(keep):
    with pytest.raises(InputError):
        open_picture(keep(encode(noise(), "TIFF")))


@pytest.mark.parametrize("side", [7_000, 12_000, 40_000])
def test_a_bomb_is_refused_before_it_is_unpacked(keep, side):
    with pytest.raises(InputError, match="pixels"):
        open_picture(keep(png_of_size(side, side)))


def test_a_file_that_is_too_large_is_refused_unread(keep):
    with pytest.raises(InputError, match="bytes"):
        open_picture(keep(bytes(MAX_BYTES + 1)))


def test_a_missing_picture_and_a_folder_are_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.jpg"):
        open_picture(tmp_path / "none.jpg")
    with pytest.raises(InputError, match=tmp_path.name):
        open_picture(tmp_path)


@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP"]),
    place=st.floats(0, 0.999),
    junk=st.binary(min_size=1, max_size=12),
)
@few
def test_a_spoilt_picture_is_read_or_refused_in_one_line(keep, kind, place, junk):
    data = bytearray(encode(noise(), kind))
    at = int(place * len(data))
    data[at : at + len(junk)] = junk
    with suppress(InputError):
        assert open_picture(keep(bytes(data))).ndim == 3


def test_a_thumbnail_shows_the_face_in_the_middle():
    picture = np.zeros((900, 900, 3), np.uint8)
    picture[300:600, 350:550] = 255
    jpeg = thumbnail(picture, np.array([350, 300, 550, 600], np.float32))
    shown = np.asarray(Image.open(BytesIO(jpeg)).convert("L"))
    assert shown.shape == THUMBNAIL_PX[::-1]
    assert shown[150, 120] > 250
    assert shown[20, 120] < 5


def test_a_small_face_is_not_blown_up():
    jpeg = thumbnail(np.array(noise(90, 90)), np.array([30, 30, 60, 60], np.float32))
    assert Image.open(BytesIO(jpeg)).height < 60


@pytest.mark.parametrize("box", [[-40, -40, 20, 20], [10, 10, 10, 10], [50, 50, 1e9, 1e9]])
def test_a_box_at_the_edge_still_gives_a_thumbnail(box):
    jpeg = thumbnail(np.array(noise(90, 90)), np.array(box, np.float32))
    assert Image.open(BytesIO(jpeg)).format == "JPEG"


def test_a_thumbnail_says_nothing_but_the_face():
    jpeg = thumbnail(np.array(noise(90, 90)), np.array([30, 30, 60, 60], np.float32))
    image = Image.open(BytesIO(jpeg))
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_the_limits_are_those_of_the_contract():
    assert pictures.MAX_PIXELS == 40_000_000
    assert pictures.MAX_BYTES == 20_000_000
