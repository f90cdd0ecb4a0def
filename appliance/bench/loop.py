"""A peer's loop over a film: every face of every frame is encoded and searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from appliance.bench.race import Clock, Round
from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from appliance.domain.face import Floats

Picture = npt.NDArray[Any]
"""uint8 of (height, width, 3) in blue, green, red, as OpenCV reads it."""


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
    seconds: float | None

    def play(self) -> Round:
        """Play the film once.

        Raises:
            InputError: OpenCV cannot read it.
        """
        film, clock, frames, faces = cv2.VideoCapture(str(self.film)), Clock(self.seconds), 0, 0
        more, picture = film.read()
        while more:
            frames += 1
            faces += self._search(picture)
            more, picture = (False, picture) if clock.over else film.read()
        film.release()
        if not frames:
            raise InputError("OpenCV cannot read the film.", mend="Use --no-peers.")
        return clock.stop(frames, faces)

    def _search(self, picture: Picture) -> int:
        templates = self.looker.look(picture)
        for template in templates:
            (self.gallery @ (template / np.linalg.norm(template))).argmax()
        return len(templates)
