"""The pictures of the people on the demo's list, one folder for each person."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Generator

    import numpy.typing as npt

QUALITY = 92
FRONTAL = (9, 11, 20)
"""Frames of the woman's clip in which she looks ahead, a little right and a little left."""


def find_portrait(package: str, file: str) -> Path:
    """Find a picture that comes inside a package, without the seconds that importing it takes.

    Raises:
        InputError: the package is not there, or comes without the picture.
    """
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        if (path := Path(folder, file)).is_file():
            return path
    raise InputError(
        f"The portrait {file} of the package {package} is missing.",
        mend="Install the demo's packages: pip install 'lfr-appliance[demo]'.",
    )


def read_portrait(package: str, file: str) -> npt.NDArray[np.uint8]:
    """Read a picture that comes inside a package: uint8 of (height, width, 3), blue first.

    Raises:
        InputError: it is not there, or is not a picture.
    """
    path = find_portrait(package, file)
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise InputError(f"{path} is not a picture.", mend=f"Install the package {package} again.")
    return picture.astype(np.uint8, copy=False)


def list_portrait(package: str, file: str, person: Path) -> None:
    """Put a package's portrait into a person's folder.

    Raises:
        InputError: it is not there, or is not a picture.
    """
    picture = read_portrait(package, file)
    person.mkdir(parents=True, exist_ok=True)
    jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    (person / "1.jpg").write_bytes(jpeg.tobytes())


@contextmanager
def _no_bombs() -> Generator[None, None, None]:
    """Refuse a picture that unpacks to far more than it seems; Pillow would only warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def list_frames(clip: Path, person: Path, frames: tuple[int, ...] = FRONTAL) -> None:
    """Put frames of a GIF into a person's folder.

    Raises:
        InputError: the clip is not an animation that has these frames.
    """
    person.mkdir(parents=True, exist_ok=True)
    try:
        with _no_bombs(), Image.open(clip, formats=["GIF"]) as film:
            for number, frame in enumerate(frames, 1):
                film.seek(frame)
                film.convert("RGB").save(person / f"{number}.jpg", quality=QUALITY)
    except (
        OSError,
        EOFError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise InputError(
            f"The clip {clip.name} cannot be read.", mend="Fetch it again, or move it away."
        ) from error
