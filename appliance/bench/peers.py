"""The loops that a user of OpenCV or InsightFace would write, on the same film and networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from appliance.bench.insight import open_insight
from appliance.bench.race import Clock, Round
from appliance.bench.yunet import open_opencv
from appliance.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.bench.rig import Rig
    from appliance.domain.face import Floats

Look = Callable[[npt.NDArray[Any]], "list[Floats]"]
"""A picture in blue, green, red to the template of every face in it."""


@dataclass(frozen=True)
class Peer:
    """A loop over a film: every face of every frame is encoded and searched."""

    look: Look
    models: str
    gallery: Floats
    film: Path
    seconds: float | None

    def play(self) -> Round:
        """Play the film once.

        Raises:
            InputError: OpenCV cannot read it.
        """
        film = cv2.VideoCapture(str(self.film))
        clock, frames, faces = Clock(self.seconds), 0, 0
        while not clock.over:
            more, picture = film.read()
            if not more:
                break
            frames += 1
            faces += self._search(picture)
        film.release()
        if not frames:
            raise InputError("OpenCV cannot read the film.", mend="Leave the peers out.")
        return clock.stop(frames, faces)

    def _search(self, picture: npt.NDArray[Any]) -> int:
        templates = self.look(picture)
        for template in templates:
            scores = self.gallery @ (template / np.linalg.norm(template))
            scores.argmax()
        return len(templates)
