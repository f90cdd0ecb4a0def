"""The portraits of the demo, drawn or real."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from appliance.demo.figure import ASTRONAUT, OFFICER
from appliance.demo.film import CLIP, REAL, default_film, real_truth
from appliance.demo.portraits import (
    FRONTAL,
    find_portrait,
    list_frames,
    list_portrait,
    read_portrait,
)
from appliance.errors import InputError

FIGURES = pytest.mark.parametrize("figure", [ASTRONAUT, OFFICER], ids=["astronaut", "officer"])


def clip(path, frames):
    path.parent.mkdir(parents=True, exist_ok=True)
    stills = [Image.new("RGB", (48, 27), (9 * n, 0, 90)) for n in range(frames)]
    stills[0].save(path, save_all=True, append_images=stills[1:], duration=80)
    return path


@FIGURES
def test_a_portrait_holds_the_face_and_the_outline_that_are_promised(figure):
    height, width, _ = read_portrait(figure.package, figure.file).shape
    left, top, across, down = figure.face
    assert 0 < left < left + across < width
    assert 0 < top < top + down < height
    assert all(0 <= x < width and 0 <= y < height for x, y in figure.outline)


def test_portraits_are_found_without_importing_their_packages():
    script = (
        "import sys; from appliance.demo.figure import ASTRONAUT, OFFICER; "
        "[one.strides() for one in (ASTRONAUT, OFFICER)]; "
        "assert not {'skimage', 'matplotlib'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("package", ["no_such_package_at_all", "json"])
def test_a_missing_portrait_is_refused_with_the_mend(package):
    with pytest.raises(InputError) as refused:
        find_portrait(package, "face.png")
    assert "pip install" in refused.value.advice()


def test_a_package_whose_portrait_is_no_picture_is_refused():
    with pytest.raises(InputError, match="not a picture"):
        read_portrait("json", "__init__.py")


@FIGURES
def test_a_listed_portrait_is_a_jpeg_in_the_folder_of_the_person(figure, tmp_path):
    list_portrait(figure.package, figure.file, tmp_path / "people" / "V-001")
    with Image.open(tmp_path / "people" / "V-001" / "1.jpg") as picture:
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
    assert (tmp_path / "people" / "V-001" / "1.jpg").stat().st_size < 200_000


def test_three_frames_of_a_clip_become_three_pictures(tmp_path):
    list_frames(clip(tmp_path / "clip.gif", 23), tmp_path / "V-001")
    reds = []
    for number in (1, 2, 3):
        with Image.open(tmp_path / "V-001" / f"{number}.jpg") as picture:
            reds.append(picture.getpixel((5, 5))[0])
    assert reds == pytest.approx([9 * frame for frame in FRONTAL], abs=6)


def test_a_clip_that_is_too_short_is_refused_with_its_name(tmp_path):
    with pytest.raises(InputError, match=r"short\.gif"):
        list_frames(clip(tmp_path / "short.gif", 4), tmp_path / "V-001")


def test_a_clip_that_is_cut_off_is_refused(tmp_path):
    whole = clip(tmp_path / "clip.gif", 23)
    whole.write_bytes(whole.read_bytes()[:300])
    with pytest.raises(InputError, match="cannot be read"):
        list_frames(whole, tmp_path / "V-001")


def test_a_small_clip_that_claims_an_enormous_picture_is_refused(tmp_path):
    bomb = clip(tmp_path / "bomb.gif", 23)
    for side in (10_000, 60_000):
        size = side.to_bytes(2, "little") * 2
        bomb.write_bytes(b"GIF89a" + size + bomb.read_bytes()[10:])
        with pytest.raises(InputError, match="cannot be read"):
            list_frames(bomb, tmp_path / f"V-{side}")


@settings(max_examples=40)
@given(noise=st.binary(max_size=200), keep=st.booleans())
def test_a_hostile_clip_is_refused_and_never_a_traceback(noise, keep, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    hostile = folder / "clip.gif"
    hostile.write_bytes((b"GIF89a" if keep else b"") + noise)
    with pytest.raises(InputError):
        list_frames(hostile, folder / "V-001")


@settings(max_examples=40)
@given(places=st.lists(st.integers(0, 1500), min_size=1, max_size=8), value=st.integers(0, 255))
def test_a_damaged_clip_gives_pictures_or_a_refusal(places, value, tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    damaged = clip(folder / "clip.gif", 23)
    content = bytearray(damaged.read_bytes())
    for place in places:
        content[place % len(content)] = value
    damaged.write_bytes(content)
    with contextlib.suppress(InputError):
        list_frames(damaged, folder / "V-001")
        assert len(list((folder / "V-001").iterdir())) == 3


def test_where_films_of_real_people_are_the_woman_is_listed_and_the_walkers_play(tmp_path):
    for name in (CLIP, REAL):
        clip(tmp_path / "media" / name, 23)
    film = default_film(tmp_path / "people", tmp_path / "cache", pytest.fail, tmp_path / "media")
    assert film.path == tmp_path / "media" / REAL
    assert film.attribution == "Intel, CC BY 4.0"
    assert film.loop
    assert film.truth is real_truth
    assert sorted(one.name for one in (film.people / "V-001").iterdir()) == [
        "1.jpg", "2.jpg", "3.jpg",
    ]  # fmt: skip
