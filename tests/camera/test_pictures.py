"""Whatever a source gives, the frame is upright, even, and its colours are right."""

import struct
from io import BytesIO

import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from appliance.domain.frame import Matrix
from appliance.host.pixels import Picture

FLAG = ((200, 40, 40), (30, 180, 60), (60, 50, 210))
"""Left to right, each a third."""
GREY_WEIGHTS = np.array([0.299, 0.587, 0.114])


def flag(width=96, height=64):
    pixels = np.zeros((height, width, 3), np.uint8)
    for part, colour in zip(np.array_split(pixels, 3, axis=1), FLAG, strict=True):
        part[...] = colour
    return pixels


def colours(frame):
    """Red, green and blue in the middle of each third."""
    rgb = Picture(frame).bgr(0, 0, frame.width, frame.height)[:, :, ::-1]
    thirds = [frame.width * part // 6 for part in (1, 3, 5)]
    return rgb[frame.height // 2, thirds].astype(int), frame.colour


@pytest.mark.parametrize(
    ("name", "codec", "fmt"),
    [
        ("a.mkv", "ffv1", "yuv420p"),
        ("a.mkv", "ffv1", "yuv422p"),
        ("a.mkv", "ffv1", "yuv444p"),
        ("a.mkv", "ffv1", "yuv420p10le"),
        ("a.mkv", "ffv1", "bgr0"),
        ("a.nut", "rawvideo", "nv12"),
        ("a.nut", "rawvideo", "yuyv422"),
        ("a.nut", "rawvideo", "rgb24"),
        ("a.avi", "mjpeg", "yuvj420p"),
        ("a.avi", "mjpeg", "yuvj422p"),
        ("a.avi", "mjpeg", "yuvj444p"),
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mp4", "libx264", "yuvj420p"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
    ],
)
def test_colours_are_right_in_every_format(name, codec, fmt, write_film, every_frame):
    film = write_film([flag()] * 2, name, codec=codec, fmt=fmt)
    for seen, colour in every_frame(film, colours):
        assert np.abs(seen - FLAG).max() <= 6
        assert colour.full_range == fmt.startswith("yuvj")


@pytest.mark.parametrize("fmt", ["yuv420p", "yuv444p", "yuv420p10le"])
@pytest.mark.parametrize("reach", [ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize("space", [Colorspace.ITU601, Colorspace.ITU709])
def test_a_film_that_says_its_range_and_matrix_is_believed(
    fmt, reach, space, write_film, every_frame
):
    film = write_film([flag()], fmt=fmt, color_range=int(reach), colorspace=int(space))
    [(seen, colour)] = every_frame(film, colours)
    assert np.abs(seen - FLAG).max() <= 6
    assert colour.full_range == (reach == ColorRange.JPEG)
    assert (colour.matrix is Matrix.BT709) == (space == Colorspace.ITU709)


@pytest.mark.parametrize(("height", "matrix"), [(480, Matrix.BT601), (720, Matrix.BT709)])
def test_a_film_that_does_not_say_is_taken_as_players_take_it(
    height, matrix, write_film, every_frame
):
    film = write_film([flag(96, height)])
    [(_, colour)] = every_frame(film, colours)
    assert colour.matrix is matrix


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
@pytest.mark.parametrize("ending", ["png", "gif", "jpg"])
def test_colours_of_pictures_are_right(mode, ending, tmp_path, every_frame):
    still = Image.fromarray(flag())
    still = still.quantize(8) if mode == "P" else still.convert(mode)
    if ending == "jpg" and mode in {"RGBA", "P"}:
        still = still.convert("RGB")
    still.save(tmp_path / f"still.{ending}")
    [(seen, _)] = every_frame(tmp_path / f"still.{ending}", colours)
    wanted = np.array(FLAG)
    if mode == "L":
        wanted = np.repeat((wanted @ GREY_WEIGHTS)[:, None], 3, axis=1)
    assert np.abs(seen - wanted).max() <= 6


@pytest.mark.parametrize(("width", "height"), [(97, 64), (96, 65), (99, 67), (3, 3), (2, 2)])
@pytest.mark.parametrize("fmt", ["yuv420p", "bgr0"])
def test_odd_sides_lose_a_line(width, height, fmt, write_film, every_frame):
    film = write_film([flag(width, height)], "film.nut", codec="rawvideo", fmt=fmt)
    [(size, seen)] = every_frame(film, lambda frame: ((frame.width, frame.height), colours(frame)))
    assert size == (width & ~1, height & ~1)
    if width > 6:
        assert np.abs(seen[0] - FLAG).max() <= 6


def test_a_picture_that_is_too_small_to_hold_a_pixel_of_colour_is_refused(tmp_path, played):
    Image.fromarray(flag(3, 1)).save(tmp_path / "line.png")
    with pytest.raises(Exception, match=r"line\.png cannot be read"), played(tmp_path / "line.png"):
        pass


# QuickTime File Format, "Matrices": x' = ax + cy + tx, y' = bx + dy + ty.
ONE, LAST = 1 << 16, 1 << 30
MATRICES = {
    0: (ONE, 0, 0, ONE),
    1: (0, -ONE, ONE, 0),
    2: (-ONE, 0, 0, -ONE),
    3: (0, ONE, -ONE, 0),
}
"""Of a quarter turn against the clock, and its multiples."""


def turn(film, quarters):
    data = bytearray(film.read_bytes())
    a, b, c, d = MATRICES[quarters]
    start = data.index(b"tkhd") + 4 + 40
    data[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, LAST)
    film.write_bytes(data)
    return film


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize(("width", "height"), [(96, 64), (97, 65)])
def test_a_film_that_was_taken_lying_down_stands_up(
    quarters, width, height, write_film, every_frame
):
    pixels = flag(width, height)
    pixels[: height // 2] //= 2  # the upper half is darker
    film = turn(write_film([pixels], "film.mp4", codec="mpeg4"), quarters)
    wanted = np.rot90(pixels[: height & ~1, : width & ~1], quarters)

    def look(frame):
        return Picture(frame).bgr(0, 0, frame.width, frame.height)[:, :, ::-1].astype(int)

    [seen] = every_frame(film, look)
    assert seen.shape == wanted.shape
    assert np.median(np.abs(seen - wanted)) <= 6


def test_a_film_may_change_its_size(tmp_path, played):
    data = b""
    for size in [(96, 64), (96, 64), (128, 96), (64, 96), (96, 64)]:
        jpeg = BytesIO()
        Image.fromarray(flag(*size)).save(jpeg, "jpeg", quality=95)
        data += jpeg.getvalue()
    (tmp_path / "film.mjpeg").write_bytes(data)
    sizes, buffers = [], []
    with played(tmp_path / "film.mjpeg", paced=False) as camera:
        while frame := camera.read(20):
            assert np.abs(colours(frame)[0] - FLAG).max() <= 6
            sizes.append((frame.width, frame.height))
            buffers.append(frame.pixels)
    assert sizes == [(96, 64), (96, 64), (128, 96), (64, 96), (96, 64)]
    assert not any(pixels.any() for pixels in buffers)
