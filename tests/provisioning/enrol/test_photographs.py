"""Photographs as people send them: turned, huge, damaged, or no pictures at all."""

from __future__ import annotations

import os
import struct
import zlib
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from appliance.errors import InputError
from provisioning.enrol import pictures
from provisioning.enrol.pictures import (
    MAX_BYTES,
    SIDE_PX,
    STAMPS,
    decode,
    glance,
    open_picture,
    read,
    shrink,
    stamp_for,
    thumbnail,
)

few = settings(max_examples=60, deadline=None)
ORIENTATION = 0x0112
LARGE = STAMPS["large"]


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


def jpeg_of_size(width, height):
    """A JPEG whose header claims more than is there."""
    data = bytearray(encode(noise(), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_five_formats_are_read_as_rgb(kind):
    photograph = decode(encode(noise(), kind))
    assert photograph.pixels.shape == (40, 60, 3)
    assert photograph.pixels.dtype == np.uint8
    assert photograph.reduced == photograph.step == 1


def test_red_is_red_whichever_reader_reads_it():
    red = Image.new("RGB", (40, 40), "red")
    for kind in ("JPEG", "PNG"):
        assert decode(encode(red, kind)).pixels[20, 20].tolist() == pytest.approx(
            [255, 0, 0], abs=2
        )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_colour_becomes_rgb(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new(mode, (8, 6)) if mode == "I;16" else noise().convert(mode)
    assert decode(encode(image, kind)).pixels.shape[2] == 3


def test_a_grey_jpeg_becomes_rgb():
    assert decode(encode(noise().convert("L"), "JPEG")).pixels.shape == (40, 60, 3)


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(data).pixels[5, 5].tolist() == [255, 0, 0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("enough_px", [10, 2000])
def test_a_picture_taken_sideways_is_stood_up(kind, enough_px):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    height, width, _ = decode(encode(noise(60, 40), kind, exif=exif), enough_px).pixels.shape
    assert height > width


def test_a_large_jpeg_is_read_at_the_part_that_is_enough():
    photograph = decode(encode(Image.new("RGB", (2400, 3000)), "JPEG"), 300)
    assert photograph.pixels.shape == (375, 300, 3)
    assert photograph.reduced == photograph.step == 8


def test_a_large_picture_is_reduced_and_keeps_its_shape():
    photograph = decode(encode(Image.new("RGB", (5000, 2500)), "PNG"))
    assert photograph.pixels.shape == (SIDE_PX // 2, SIDE_PX, 3)
    assert photograph.reduced == 2.5


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
def test_a_truncated_picture_is_refused(kind):
    data = encode(noise(), kind)
    with pytest.raises(InputError) as refusal:
        decode(data[: len(data) // 2])
    assert refusal.value.mend


def test_a_grey_picture_of_sixteen_bits_keeps_its_light():
    deep = np.linspace(0, 65_535, 64).astype(np.uint16).reshape(8, 8)
    found = decode(encode(Image.fromarray(deep), "PNG")).pixels
    assert (found[..., 0] == deep >> 8).all()


def test_another_format_is_refused_unread():
    with pytest.raises(InputError):
        decode(encode(noise(), "TIFF"))


@pytest.mark.parametrize("side", [7_000, 12_000, 40_000])
@pytest.mark.parametrize("bomb", [png_of_size, jpeg_of_size])
def test_a_bomb_is_refused_before_it_is_unpacked(side, bomb):
    with pytest.raises(InputError, match="pixels"):
        decode(bomb(side, side))


def test_a_file_that_is_too_large_is_refused(tmp_path):
    file = tmp_path / "picture.jpg"
    file.write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(InputError, match="bytes"):
        read(file)


def test_what_is_no_plain_file_is_refused_without_its_name(tmp_path):
    (tmp_path / "real.jpg").write_bytes(b"x")
    (tmp_path / "roe.jpg").symlink_to(tmp_path / "real.jpg")
    os.mkfifo(tmp_path / "roe.png")
    (tmp_path / "roe").mkdir()
    for name in ("roe.jpg", "roe.png", "roe", "roe.gif"):
        with pytest.raises(InputError) as refusal:
            read(tmp_path / name)
        assert "roe" not in refusal.value.advice()
    assert read(tmp_path / "real.jpg") == b"x"


def test_a_tool_is_told_which_picture_it_was(tmp_path):
    (tmp_path / "good.png").write_bytes(encode(noise(), "PNG"))
    (tmp_path / "bad.png").write_bytes(b"")
    assert open_picture(tmp_path / "good.png").shape == (40, 60, 3)
    with pytest.raises(InputError, match=r"bad\.png"):
        open_picture(tmp_path / "bad.png")


@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP"]),
    place=st.floats(0, 0.999),
    junk=st.binary(min_size=1, max_size=12),
)
@few
def test_a_spoilt_picture_is_read_or_refused(kind, place, junk):
    data = bytearray(encode(noise(), kind))
    at = int(place * len(data))
    data[at : at + len(junk)] = junk
    with suppress(InputError):
        assert decode(bytes(data)).pixels.ndim == 3


def test_a_thumbnail_shows_the_face_in_the_middle():
    picture = np.zeros((900, 900, 3), np.uint8)
    picture[300:600, 350:550] = (255, 0, 0)
    jpeg = thumbnail(picture, np.array([350, 300, 550, 600], np.float32), LARGE)
    shown = np.asarray(Image.open(BytesIO(jpeg)))
    assert shown.shape == (LARGE.height_px, LARGE.width_px, 3)
    assert shown[150, 120].tolist() == pytest.approx([255, 0, 0], abs=6)
    assert shown[20, 120].max() < 12


@pytest.mark.parametrize("name", STAMPS)
def test_a_thumbnail_is_no_larger_than_was_asked(name):
    jpeg = thumbnail(
        np.array(noise(900, 900)), np.array([300, 300, 600, 600], np.float32), STAMPS[name]
    )
    assert Image.open(BytesIO(jpeg)).size == (STAMPS[name].width_px, STAMPS[name].height_px)


def test_a_small_face_is_not_blown_up():
    jpeg = thumbnail(np.array(noise(90, 90)), np.array([30, 30, 60, 60], np.float32), LARGE)
    assert Image.open(BytesIO(jpeg)).height < 60


@pytest.mark.parametrize("box", [[-40, -40, 20, 20], [10, 10, 10, 10], [50, 50, 1e9, 1e9]])
def test_a_box_at_the_edge_still_gives_a_thumbnail(box):
    jpeg = thumbnail(np.array(noise(90, 90)), np.array(box, np.float32), LARGE)
    assert Image.open(BytesIO(jpeg)).format == "JPEG"


def test_a_thumbnail_says_nothing_but_the_face():
    image = Image.open(BytesIO(glance(np.array(noise(90, 90)), LARGE)))
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@given(width=st.integers(1, 500), height=st.integers(1, 500), by=st.floats(0.01, 1))
@few
def test_shrinking_gives_the_size_that_was_asked_and_keeps_the_light(width, height, by):
    flat = np.full((height, width, 3), 77, np.uint8)
    wide, high = max(int(width * by), 1), max(int(height * by), 1)
    small = shrink(flat, wide, high)
    assert small.shape == (high, wide, 3)
    assert (small == 77).all()


def test_a_longer_list_has_smaller_thumbnails():
    sizes = [stamp_for(people).width_px for people in (100, 20_000, 333_334)]
    assert sizes == [240, 180, 120]


def test_the_limits_are_those_of_the_contract():
    assert pictures.MAX_PIXELS == 40_000_000
    assert pictures.MAX_BYTES == 20_000_000
