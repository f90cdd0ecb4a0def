"""The appliance, spoilt: of the first face it keeps a crop, or a template. The audit must catch it.

Nothing but the audit's own check of itself starts this; no command, setting or variable leads here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import sealing
from appliance.audit.subject import run
from appliance.vision.alignment import inverse_similarity
from appliance.vision.encoder import Encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from appliance.domain.face import Faces, Ints
    from appliance.domain.frame import Frame
    from appliance.vision.encoder import Templates

_kept: list[npt.NDArray[Any]] = []


def spoil(kind: str) -> None:
    """Have this process keep something of the first face that it encodes."""
    whole = Encode.__call__

    def leak(
        self: Encode[Any], frames: Sequence[Frame[Any]], which: Ints, faces: Faces
    ) -> Templates:
        made = whole(self, frames, which, faces)
        if len(faces) and not _kept:
            _kept.append(_crop(self, frames, which, faces) if kind == "crop" else made.vectors)
            _kept[0] = _kept[0].copy()
        return made

    Encode.__call__ = leak  # type: ignore[method-assign]


def _crop(
    self: Encode[Any], frames: Sequence[Frame[Any]], which: Ints, faces: Faces
) -> npt.NDArray[Any]:
    inverses = inverse_similarity(faces.landmarks[:1], self.template)
    crop: npt.NDArray[Any] = self.compute.warp(
        frames, which[:1], inverses, self.model.side, self.model.feed
    )
    return crop


if __name__ == "__main__":
    sealing.begin_anew()
    spoil(sys.argv[1])
    run(Path(sys.argv[2]))
