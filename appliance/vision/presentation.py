"""Whether a face may be a picture of one: presentation attack detection, ISO/IEC 30107-3.

Asked of a passing once, as soon as a shot of it is like somebody on the list, so that an officer
looks twice at a print, a screen or a poster and no alert waits for it (DECISIONS 132); of nobody
else. It flags, and never hides an alert: of press photographs these networks call one in ten a
picture (DECISIONS 125).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Generic

import numpy as np

from appliance.domain.frame import A
from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.domain.face import Floats
    from appliance.domain.frame import Frame
    from appliance.machine import Compute, Net
    from appliance.vision.models import Presentation

_log = logging.getLogger(__name__)

FIRST = np.zeros(1, np.int32)
LIKELY = 0.5
"""From here on a face may be a picture: the networks find that likelier than that it is none."""
SUM_ERROR = 0.01


class Suspect(Generic[A]):
    """How likely a face is a picture, by the mean of some networks.

    Args:
        compute: The machine.
        checks: The networks and what they are; none where this machine has none.
    """

    def __init__(self, compute: Compute[A], checks: Sequence[tuple[Net[A], Presentation]]) -> None:
        self.compute = compute
        self.checks = checks

    def __call__(self, frame: Frame[A], box: Floats) -> float | None:
        """Judge one face.

        Args:
            frame: Where it is.
            box: (4,), left, top, right and bottom in pixels of the frame.

        Returns:
            0 to 1; None where there is no network, the box has no extent, or a network fails or
            does not answer as its description says: for that no alert may be lost.
        """
        if not self.checks or not (box[2:] > box[:2]).all():
            return None
        try:
            live = np.mean([self._ask(net, model, frame, box) for net, model in self.checks])
        except MachineError as error:
            # A machine that is really broken fails at its next verb.
            _log.warning("a picture could not be told from a face", exc_info=error)
            return None
        return 1 - float(live) if np.isfinite(live) else None

    def _ask(self, net: Net[A], model: Presentation, frame: Frame[A], box: Floats) -> float:
        inverse = surroundings(box, (frame.width, frame.height), model)[None]
        crop = self.compute.warp([frame], FIRST, inverse, model.side, model.feed)
        answers = [self.compute.fetch(output).ravel() for output in net(crop).values()]
        sizes = [len(answer) for answer in answers]
        sound = sizes == [model.classes] and abs(answers[0].sum() - 1) < SUM_ERROR
        return float(answers[0][model.live]) if sound else np.nan


def surroundings(box: Floats, size: tuple[int, int], model: Presentation) -> Floats:
    """Map a crop's pixels to those around a face, which stay inside the picture.

    The networks were trained on a box that is enlarged about its middle, by less where the picture
    ends, and then moved inside (minivision-ai, Silent-Face-Anti-Spoofing).

    Args:
        box: (4,), left, top, right and bottom in pixels of a frame.
        size: Width and height of that frame.
        model: Its side and span.

    Returns:
        (2, 3), from a pixel of the crop to one of the frame.
    """
    limit = np.array(size, np.float32) - 1
    extent = box[2:] - box[:2]
    around = extent * min(model.span, *(limit / extent).tolist())
    start = ((box[:2] + box[2:] - around) / 2).clip(0, limit - around)
    step = around / model.side
    # Both grids have their points in the middle of a pixel.
    shift = start + step / 2 - 0.5
    return np.array([[step[0], 0, shift[0]], [0, step[1], shift[1]]], np.float32)
