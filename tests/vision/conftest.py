"""What the tests of passings lean on."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from appliance.domain.face import Faces
from appliance.settings import VisionSettings
from appliance.vision.passes import Passes
from appliance.vision.quality import Quality

FRAME_NS = 40_000_000
DIMENSION = 4


@dataclass
class Walk:
    """Shows boxes to a follower, frame after frame."""

    passes: Passes
    film: object
    ended: list = field(default_factory=list)
    now_ns: int = 0

    def show(self, *boxes, camera="mast-1", scores=None) -> list[int]:
        """Show the boxes of one frame, and say which passing each belongs to; 0 is none."""
        sights = self.sights([boxes], [camera], scores)
        return [int(self.passes.number[row]) if row >= 0 else 0 for row in sights.rows]

    def sights(self, scenes, cameras, scores=None):
        """Show one frame of each camera at the same moment."""
        frames = self.film.frames(*[()] * len(scenes), cameras=cameras, taken_ns=self.now_ns)
        found = [faces_at(boxes, scores) for boxes in scenes]
        sights = self.passes.follow(frames, found)
        self.ended += self.passes.end(self.now_ns)
        self.now_ns += FRAME_NS
        return sights

    def rest(self, seconds: float) -> None:
        """Show nothing for a while."""
        for _ in range(round(seconds / 0.04)):
            self.show()

    def row(self, number: int = 1) -> int:
        (row,) = np.flatnonzero(self.passes.number == number)
        return int(row)

    def fuse(self, vector, quality=0.5, norm=1.0, number=1):
        """Add a shot to a passing, and give the passing's template."""
        return self.passes.fuse(
            np.array([self.row(number)], np.int32),
            np.array([vector], np.float32),
            np.array([quality], np.float32),
            np.array([norm], np.float32),
            self.now_ns,
        )[0]

    def worth(self, *values, rows=None, passed=None):
        """Which of some sights are worth encoding now, by their places."""
        quality = Quality(
            np.ones(len(values), bool) if passed is None else np.array(passed),
            np.array(values, np.float32),
        )
        rows = np.arange(len(values), dtype=np.int32) if rows is None else np.array(rows, np.int32)
        return self.passes.worth(rows, quality, self.now_ns).tolist()


def faces_at(boxes, scores=None) -> Faces:
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    scores = np.full(len(boxes), 0.9) if scores is None else scores
    return Faces(boxes, np.zeros((len(boxes), 5, 2), np.float32), np.array(scores, np.float32))


@pytest.fixture
def open_walk(film):
    def build(capacity=512, **tuned):
        return Walk(Passes(VisionSettings(**tuned), DIMENSION, capacity), film)

    return build


@pytest.fixture
def walk(open_walk):
    return open_walk()


def everything(passes: Passes) -> list[np.ndarray]:
    """Every array that the follower has."""
    return [value for value in vars(passes).values() if isinstance(value, np.ndarray)]


@pytest.fixture
def rows_of():
    return everything
