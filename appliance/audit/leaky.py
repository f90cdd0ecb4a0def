"""The appliance, spoilt: of the first faces it keeps crops, or templates. The audit must catch it.

Nothing but the audit's own check of itself starts this; no command, setting or variable leads here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import sealing
from appliance.audit.subject import run
from appliance.sources import load
from appliance.vision.alignment import inverse_similarity
from appliance.vision.encoder import Encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from appliance.domain.face import Faces, Ints
    from appliance.domain.frame import Frame
    from appliance.vision.encoder import Templates

_kept: list[npt.NDArray[Any]] = []


def require_no_van(file: Path) -> None:
    """End here where a van is to be spoilt: this is for an auditor's own trial alone."""
    if load(file).machine != "host":
        sys.exit("A build that is spoilt on purpose runs on no van.")


def spoil(kind: str) -> None:
    """Have this process keep something of the first faces that it encodes.

    Of all that are encoded together: the first may be the listed person, for whom nobody looks.
    """
    whole = Encode.__call__

    def leak(
        self: Encode[Any], frames: Sequence[Frame[Any]], which: Ints, faces: Faces
    ) -> Templates:
        made = whole(self, frames, which, faces)
        if len(faces) and not _kept:
            _kept.append(_crops(self, frames, which, faces) if kind == "crop" else made.vectors)
            _kept[0] = _kept[0].copy()
        return made

    Encode.__call__ = leak  # type: ignore[method-assign]


def _crops(
    self: Encode[Any], frames: Sequence[Frame[Any]], which: Ints, faces: Faces
) -> npt.NDArray[Any]:
    inverses = inverse_similarity(faces.landmarks, self.template)
    crops: npt.NDArray[Any] = self.compute.warp(
        frames, which, inverses, self.model.side, self.model.feed
    )
    return crops


if __name__ == "__main__":
    sealing.begin_anew()
    require_no_van(Path(sys.argv[2]))
    spoil(sys.argv[1])
    run(Path(sys.argv[2]))
