"""Make templates of aligned faces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic

import numpy as np

from appliance.domain.frame import A
from appliance.errors import MachineError
from appliance.vision.alignment import inverse_similarity, mirror

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from appliance.domain.face import Faces, Floats, Ints
    from appliance.domain.frame import Frame
    from appliance.machine import Compute, Net
    from appliance.vision.models import Encoder, Landmarks

MEND = "Correct its dimension or batch in models.toml."
SHORTEST = 1e-6
"""A template of no length has no direction."""


@dataclass(frozen=True)
class Templates:
    """What the encoder made of F faces."""

    vectors: Floats = field(repr=False)
    """(F, D), rows of length 1; zero where unsound."""
    norms: Floats = field(repr=False)
    """(F,): length before normalising where the network makes it a quality, else 1; 0: unsound."""
    sound: npt.NDArray[np.bool_]
    """(F,): False where the landmarks or the network gave no number."""

    def erase(self) -> None:
        """Overwrite every number with zero."""
        self.vectors.fill(0)
        self.norms.fill(0)


class Encode(Generic[A]):
    """Faces in, templates out; `mirrored`, of what a mirror would show of them."""

    def __init__(
        self,
        compute: Compute[A],
        net: Net[A],
        model: Encoder,
        points: Landmarks,
        *,
        mirrored: bool = False,
    ) -> None:
        self.mirrored = mirrored
        self.compute = compute
        self.net = net
        self.model = model
        self.template = np.array(points.template, np.float32) * model.side

    def __call__(self, frames: Sequence[Frame[A]], which: Ints, faces: Faces) -> Templates:
        """Encode faces of several frames in one call.

        Args:
            frames: The pictures.
            which: (F,), the frame of each face.
            faces: F faces.

        Raises:
            MachineError: the network does not answer as its description says.
        """
        inverses = inverse_similarity(faces.landmarks, self.template)
        if self.mirrored:
            mirror(inverses, self.model.side)
        aligned = np.asarray(np.isfinite(inverses).all(axis=(1, 2)))
        inverses[~aligned] = 0
        raw = np.zeros((len(faces), self.model.dimension), np.float32)
        step = self.model.batch or max(len(faces), 1)
        for start in range(0, len(faces), step):
            some = slice(start, start + step)
            crops = self.compute.warp(
                frames, which[some], inverses[some], self.model.side, self.model.feed
            )
            answers = [self.compute.fetch(output) for output in self.net(crops).values()]
            if [answer.size for answer in answers] != [raw[some].size]:
                fault = f"The encoder does not give {self.model.dimension} numbers for a face."
                raise MachineError(fault, mend=MEND)
            raw[some] = answers[0].reshape(-1, self.model.dimension)
        return self._normalise(raw, aligned)

    def _normalise(self, vectors: Floats, aligned: npt.NDArray[np.bool_]) -> Templates:
        """Bring them to length 1 where they are: no copy is made that somebody must erase."""
        sound = aligned & np.isfinite(vectors).all(axis=1)
        vectors[~sound] = 0
        norms = np.sqrt(np.einsum("fd,fd->f", vectors, vectors))
        sound &= (norms > SHORTEST) & np.isfinite(norms)
        vectors /= np.where(sound, norms, 1)[:, None]
        vectors[~sound] = 0
        norms = np.where(sound, norms if self.model.norm_is_quality else 1, 0).astype(np.float32)
        return Templates(vectors, norms, sound)
