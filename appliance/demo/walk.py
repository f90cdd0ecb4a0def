"""The generated film: two people walk past the van several times, and where their faces are."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import cv2
import numpy as np

from appliance.demo.figure import ASTRONAUT, OFFICER, PHASES, Figure, Pose, paint
from appliance.demo.street import CORNER_M, CORNERS, FOCAL, HEIGHT, HORIZON, WIDTH, Street
from appliance.domain.alert import Place
from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.demo.figure import Box, Pixels

    Progress = Callable[[int, int], None]
    """Called with the frames drawn so far, and how many there will be."""


SUFFIX = ".mjpeg"
VERSION = 1
"""Part of the cached file's name: raise it when the film changes."""
FPS, SECONDS = 25, 20
"""FFmpeg plays a bare stream of JPEG pictures at this rate."""
JPEG_QUALITY = 80
GRAIN = 4.0
"""Standard deviation of the noise, in grey levels."""

FACE_M = 0.15
EYE_BELOW_M = 0.12
"""How much lower the faces are than the camera."""
START_M, END_M = 9.0, 1.1
STEPS_PER_S = 1.9
SHUTTER_S = 0.012
"""How long the camera gathers light for a frame: what moves sideways is smeared."""
TURN_IN, TURN_OUT = 0.25, 0.92
"""Shares of a passage: until then out of the cross street, from then on past the van."""


@dataclass(frozen=True)
class Passage:
    """One walk towards the van: from the cross street, along a lane, past the camera."""

    figure: Figure
    start_s: float
    side: int
    """Which side of the middle: -1 left, 1 right; those who meet are on different ones."""
    lane_m: float = 0.15
    """How far from the middle at the end."""
    turn: float = 0.0
    tilt: float = 0.0
    light: float = 1.0
    lasts_s: float = 5.8

    def distance_m(self, seconds: float) -> float:
        """Tell how far away; everybody slows down to look at the van."""
        share = self._share(seconds)
        return START_M + (END_M - START_M) * share * (1.7 - 0.7 * share)

    def pose(self, seconds: float) -> Pose | None:
        """Tell where and how the face is; None before and after the walk."""
        share = self._share(seconds)
        if not 0 <= share < 1:
            return None
        pixels_per_m = FOCAL / self.distance_m(seconds)
        step = math.sin(2 * math.pi * STEPS_PER_S * seconds)
        coming, going = _ease(1 - share / TURN_IN), _ease((share - TURN_OUT) / (1 - TURN_OUT))
        across_m = 0.45 + (self.lane_m - 0.45) * share + 1.9 * coming + 0.7 * going
        return Pose(
            x=WIDTH / 2 + self.side * across_m * pixels_per_m,
            y=HORIZON + (EYE_BELOW_M + 0.012 * step) * pixels_per_m,
            width=FACE_M * pixels_per_m,
            turn=self.turn - self.side * 0.6 * coming,
            tilt=self.tilt + 0.02 * step,
        )

    def _share(self, seconds: float) -> float:
        return (seconds - self.start_s) / self.lasts_s


PASSAGES = (
    Passage(ASTRONAUT, 0.0, -1),
    Passage(OFFICER, 2.6, 1),
    Passage(ASTRONAUT, 6.4, -1, turn=0.45, tilt=-0.1),
    Passage(OFFICER, 8.6, 1, light=0.45),
    Passage(ASTRONAUT, 13.6, 1, lane_m=0.27),
    Passage(OFFICER, 14.5, -1, lasts_s=5.4),
)


def faces(seconds: float) -> list[tuple[str, Place]]:
    """Tell whose faces are in the picture and where, also those behind a post or an umbrella."""
    seen = []
    for passage in PASSAGES:
        pose = passage.pose(seconds)
        box = pose.frame(passage.figure.face) if pose else None
        if box and _in_view(box, passage.distance_m(seconds)):
            seen.append((passage.figure.reference, _place(box)))
    return seen


class Walk:
    """Draws the film's frames, in any order, always the same.

    Raises:
        InputError: the packages with the portraits are not installed.
    """

    def __init__(self) -> None:
        self._street = Street()
        self._strides = {one.reference: one.strides() for one in (ASTRONAUT, OFFICER)}
        grain = np.random.default_rng(11).normal(0, GRAIN, (HEIGHT + 64, WIDTH + 64, 3))
        self._grain = grain.astype(np.int16)

    def draw(self, number: int) -> Pixels:
        """Draw a frame: uint8 of (720, 1280, 3), blue first."""
        seconds = number / FPS
        picture = self._street.background(seconds)
        order = sorted(PASSAGES, key=lambda one: one.distance_m(seconds), reverse=True)
        for one in order:
            if one.distance_m(seconds) > CORNER_M:
                self._person(picture, one, seconds)
        # Whoever is beyond the corner comes out from behind the walls.
        self._street.walls(picture)
        for one in order:
            if one.distance_m(seconds) <= CORNER_M:
                self._person(picture, one, seconds)
        self._street.front(picture, seconds)
        y, x = 13 * number % 64, 29 * number % 64
        grain = self._grain[y : y + HEIGHT, x : x + WIDTH]
        return cv2.add(picture, grain, dtype=cv2.CV_8U).astype(np.uint8, copy=False)

    def _person(self, picture: Pixels, passage: Passage, seconds: float) -> None:
        pose, before = passage.pose(seconds), passage.pose(seconds - SHUTTER_S)
        if pose is None:
            return
        strides = self._strides[passage.figure.reference]
        phase = int(seconds * STEPS_PER_S * PHASES / 2) % PHASES
        blur_px = 1 + round(abs(pose.x - before.x)) if before else 1
        matrix = pose.matrix(passage.figure.face)
        paint(picture, strides[phase], matrix, blur_px=blur_px, light=passage.light)


def write_walk(folder: Path, progress: Progress, frames: int = FPS * SECONDS) -> Path:
    """Write the film as a stream of JPEG pictures, unless an earlier start has done so.

    Raises:
        InputError: the packages with the portraits are not installed.
        MachineError: the folder cannot be written to.
    """
    path = folder / f"walk-past-{VERSION}{SUFFIX}"
    if path.is_file():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as half:
            _write(Path(half) / path.name, progress, frames).replace(path)
    except OSError as error:
        raise MachineError(
            f"The generated film cannot be kept in {folder}.",
            mend="Make room there, and let this user write to it.",
        ) from error
    return path


def _write(path: Path, progress: Progress, frames: int) -> Path:
    draw = partial(_jpeg, Walk())
    with ThreadPoolExecutor(os.cpu_count()) as threads, path.open("wb") as stream:
        for done, jpeg in enumerate(threads.map(draw, range(frames)), 1):
            stream.write(jpeg)
            progress(done, frames)
    return path


def _jpeg(walk: Walk, number: int) -> bytes:
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    return cv2.imencode(".jpg", walk.draw(number), quality)[1].tobytes()


def _in_view(box: Box, distance_m: float) -> bool:
    left, top, width, height = box
    edges = (0, WIDTH) if distance_m <= CORNER_M else CORNERS
    across = edges[0] <= left and left + width <= edges[1]
    return across and top >= 0 and top + height <= HEIGHT


def _place(box: Box) -> Place:
    left, top, width, height = box
    return Place(left / WIDTH, top / HEIGHT, width / WIDTH, height / HEIGHT)


def _ease(share: float) -> float:
    """Go from 0 to 1 without a jolt."""
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)
