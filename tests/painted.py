"""A film of painted people, and the networks that see through it.

A painted person is a colour with a grain. The detector is told where the people stand and answers
as YuNet would; the encoder looks at the colour of the crop that it is given, so a template is only
right where letterbox, decoding, alignment and warp were right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.domain.face import Faces
from appliance.domain.frame import Colour, Frame, Layout
from appliance.machine import Feed
from appliance.vision.anchors import STRIDES
from appliance.vision.models import Detector, Encoder, Landmarks, NetworkFile, Pack

MOMENT = datetime(2026, 5, 4, 10, 0, tzinfo=timezone.utc)
DIMENSION = 8
SECOND = 1_000_000_000
FRAME_NS = SECOND // 25
WIDTH, HEIGHT = 640, 480
POINTS = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
"""Where a painted face has its eyes, nose and mouth, in its box."""
COLOURS = {"ann": (210, 60, 60), "bob": (60, 200, 60), "cleo": (60, 60, 220), "dee": (190, 190, 50)}


def colour_template(rgb: np.ndarray) -> np.ndarray:
    """The template of a colour: the nearest person's own direction, weaker the farther it is."""
    distances = np.array([np.abs(rgb - paint).max() for paint in COLOURS.values()])
    template = np.zeros(DIMENSION, np.float32)
    nearest = int(distances.argmin())
    template[nearest] = 1.0
    template[-1] = max(0.0, distances[nearest] - 20) / 20
    return template


def template_of(name: str) -> np.ndarray:
    return np.eye(DIMENSION, dtype=np.float32)[list(COLOURS).index(name)]


@dataclass(frozen=True)
class Sighting:
    """A painted person in a frame."""

    name: str
    left: float
    top: float
    side: float = 96.0
    score: float = 0.9

    @property
    def box(self) -> np.ndarray:
        edges = [self.left, self.top, self.left + self.side, self.top + self.side]
        return np.array(edges, np.float32)

    @property
    def landmarks(self) -> np.ndarray:
        return self.box[:2] + POINTS * self.side


def yunet_outputs(size, pictures, stride=8):
    """Answer as YuNet would that sees these (box, landmarks, score) in each picture."""
    out = {}
    for s in STRIDES:
        cells = (size[0] // s) * (size[1] // s)
        for part, depth in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            out[f"{part}_{s}"] = np.zeros((len(pictures), cells, depth), np.float32)
    for i, faces in enumerate(pictures):
        for box, landmarks, score in faces:
            centre, sides = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
            column, row = (centre // stride).astype(int)
            cell = row * (size[0] // stride) + column
            corner = np.array([column, row]) * stride
            out[f"cls_{stride}"][i, cell] = out[f"obj_{stride}"][i, cell] = score
            out[f"bbox_{stride}"][i, cell, :2] = (centre - corner) / stride
            out[f"bbox_{stride}"][i, cell, 2:] = np.log(sides / stride)
            out[f"kps_{stride}"][i, cell] = ((landmarks - corner) / stride).ravel()
    return out


@pytest.fixture
def plant():
    return yunet_outputs


@dataclass
class Film:
    """Frames of painted people, and the two networks that see them."""

    width: int = WIDTH
    height: int = HEIGHT
    layout: Layout = Layout.I420
    shown: list[list[Sighting]] = field(default_factory=list)
    """What the frames given last show."""
    count: int = 0
    spoilt: bool = False
    """The encoder gives NaN."""

    def frame(self, *people: Sighting, camera="mast-1", taken_ns=None) -> Frame[np.ndarray]:
        """Paint one frame; time goes on by a frame with each."""
        (frame,) = self.frames(people, cameras=[camera], taken_ns=taken_ns)
        return frame

    def frames(self, *scenes, cameras=("mast-1", "mast-2"), taken_ns=None):
        """Paint the frames that several cameras give at one moment."""
        self.shown = [list(scene) for scene in scenes]
        taken_ns = self.count * FRAME_NS if taken_ns is None else taken_ns
        moment = MOMENT + timedelta(seconds=taken_ns / SECOND)
        self.count += 1
        return [
            Frame(
                self._paint(scene), self.width, self.height, self.layout, Colour(), camera,
                self.count - 1, moment, taken_ns,
            )
            for scene, camera in zip(scenes, cameras, strict=False)
        ]  # fmt: skip

    def _paint(self, people) -> np.ndarray:
        grain = np.random.default_rng(5)
        picture = np.full((self.height, self.width, 3), 120, np.float64)
        for person in people:
            left, top, right, bottom = person.box.round().astype(int).clip(0)
            patch = picture[top:bottom, left:right]
            patch[:] = COLOURS[person.name] + grain.normal(0, 12, (*patch.shape[:2], 1))
        pixels = picture.clip(0, 255).astype(np.uint8)
        if self.layout is Layout.RGB8:
            return pixels
        return cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV_I420).reshape(-1)

    def find(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """The detector: what is shown, at the scale of its input."""
        size = (batch.shape[3], batch.shape[2])
        scale = min(size[0] / self.width, size[1] / self.height)
        faces = [
            [(p.box * scale, p.landmarks * scale, p.score) for p in scene] for scene in self.shown
        ]
        return yunet_outputs(size, faces)

    def describe(self, crops: np.ndarray) -> dict[str, np.ndarray]:
        """The encoder: the middle colour of each crop."""
        side = crops.shape[2]
        middle = slice(side // 4, side * 3 // 4)
        colours = crops[:, :, middle, middle].mean(axis=(2, 3))
        templates = np.array([colour_template(colour) for colour in colours], np.float32)
        return {"template": templates * (np.nan if self.spoilt else 3.0)}


@pytest.fixture
def film():
    return Film()


@pytest.fixture
def person():
    """Put a painted person somewhere."""
    return Sighting


@pytest.fixture
def template():
    """The template of a painted person."""
    return template_of


@pytest.fixture
def points():
    return Landmarks(
        template=[tuple(p) for p in POINTS.tolist()], left_eye=[0], right_eye=[1], nose=[2]
    )


@pytest.fixture
def pack(points):
    file = NetworkFile(name="painted.onnx", sha256="a" * 64, bytes=1)
    plain = {"cpu": file, "licence": "none", "caveat": "painted"}
    feed = Feed(bgr=False, mean=0.0, scale=1.0)
    return Pack(
        name="painted",
        title="Painted people",
        detector=Detector(family="yunet", nms=0.3, feed=feed, **plain),
        encoder=Encoder(side=64, dimension=DIMENSION, feed=feed, **plain),
        landmarks=points,
        street=False,
        calibration=Path("painted.toml"),
    )


@pytest.fixture
def make_faces():
    """Make the faces of one frame from sightings."""

    def make(*people: Sighting) -> Faces:
        return Faces(
            np.array([p.box for p in people], np.float32).reshape(-1, 4),
            np.array([p.landmarks for p in people], np.float32).reshape(-1, 5, 2),
            np.array([p.score for p in people], np.float32),
        )

    return make
