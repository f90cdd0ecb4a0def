"""A peer's loop over a film: every face of every frame is encoded and searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from appliance.bench.race import Clock, Round
from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from appliance.domain.face import Floats

Picture = npt.NDArray[Any]
"""uint8 of (height, width, 3) in blue, green, red, as OpenCV reads it."""


def pictures(file: Path) -> Iterator[Picture]:
    """Give each picture of a film; none where OpenCV cannot read it."""
    film = cv2.VideoCapture(str(file))
    try:
        while (read := film.read())[0]:
            yield read[1]
    finally:
        film.release()


def frames_in(file: Path, seconds: float | None) -> int | None:
    """Count the pictures of so many seconds of a film; None: all."""
    if seconds is None:
        return None
    film = cv2.VideoCapture(str(file))
    fps = film.get(cv2.CAP_PROP_FPS)
    film.release()
    return max(1, round(seconds * fps))


@dataclass(frozen=True)
class Looker:
    """What a library makes of a picture."""

    look: Callable[[Picture], Sequence[Floats]]
    """The template of each face, of any length."""
    dimension: int
    models: str
    """Which networks it runs, in which form."""


@dataclass(frozen=True)
class Peer:
    """A contestant that is not ours."""

    looker: Looker
    gallery: Floats = field(repr=False)
    """(N, D), rows of length 1."""
    film: Path
    most: int | None
    """Frames that are played; None: all."""

    def play(self) -> Round:
        """Play the film once.

        Raises:
            InputError: OpenCV cannot read it.
        """
        clock, frames, faces = Clock(), 0, 0
        for picture in islice(pictures(self.film), self.most):
            frames += 1
            faces += self._search(picture)
        if not frames:
            raise InputError("OpenCV cannot read the film.", mend="Use --no-peers.")
        return clock.stop(frames, faces)

    def _search(self, picture: Picture) -> int:
        templates = self.looker.look(picture)
        for template in templates:
            (self.gallery @ (template / np.linalg.norm(template))).argmax()
        return len(templates)
