"""What a network pack is: a detector, an encoder, and the landmarks that join them."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from appliance.machine import Feed

Form = Literal["cpu", "tensorrt"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Https = Annotated[str, StringConstraints(pattern=r"^https://[^\s/]+/\S+$")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Fraction, Fraction]
Place = Annotated[int, Field(ge=0, le=4)]
Pixels = Annotated[int, Field(gt=0, le=4096)]


def _nothing(value: object) -> bool:
    # What a network makes depends on no field that it does without, and is found as before.
    return value is None


class Entry(BaseModel):
    """A frozen piece of the register; an unknown field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class NetworkFile(Entry):
    """One file, pinned byte for byte."""

    name: FileName
    sha256: Sha256
    bytes: int = Field(gt=0)
    url: Https | None = None
    """Its public address; None where it is found in folders only."""


class Network(Entry):
    """What a detector and an encoder have in common."""

    cpu: NetworkFile
    tensorrt: NetworkFile = Field(default_factory=lambda data: data["cpu"])
    """The published form. Where an ordinary computer is fed the same file, it stands once."""
    feed: Feed
    licence: str
    caveat: str
    """What is known and not known of its training data."""

    def form(self, form: Form) -> NetworkFile:
        """Choose the file for a machine."""
        return self.cpu if form == "cpu" else self.tensorrt


class Anchors(Entry):
    """The squares from which a RetinaFace reckons, in the order of its outputs."""

    steps: tuple[Pixels, ...] = Field(min_length=1)
    """From the middle of one cell to the next, for each of its maps, in pixels of its input."""
    sides: tuple[Annotated[tuple[Pixels, ...], Field(min_length=1)], ...]
    """Of the squares of each cell of a map, in the same pixels."""

    @model_validator(mode="after")
    def _whole(self) -> "Anchors":
        if len(self.steps) != len(self.sides):
            raise ValueError("steps and sides are not of as many maps")
        return self


class Detector(Network):
    """Finds faces and their landmarks."""

    family: Literal["yunet", "scrfd", "retinaface", "dlib"]
    """How its raw outputs are read."""
    anchors: Anchors | None = Field(default=None, exclude_if=_nothing)
    """Of a RetinaFace alone."""
    batch: int | None = Field(default=None, gt=0, exclude_if=_nothing)
    """Pictures in a run; None where any number goes."""
    fixed: tuple[int, int] | None = None
    """The only (width, height) that it takes, one picture a run; None: multiples of 32."""
    nms: float = Field(gt=0, lt=1)
    """Boxes that overlap more (IoU) are one face."""

    @model_validator(mode="after")
    def _anchored(self) -> "Detector":
        if (self.anchors is None) == (self.family == "retinaface"):
            raise ValueError("anchors are of a retinaface, and of no other family")
        return self

    @property
    def at_once(self) -> int | None:
        """Pictures in a run; None where any number goes."""
        return 1 if self.fixed else self.batch


class Encoder(Network):
    """Turns aligned faces into templates."""

    side: int = Field(gt=0)
    """Width and height of its input in pixels."""
    dimension: int = Field(gt=0)
    batch: int | None = Field(default=None, gt=0)
    """Faces in a run; None where any number goes."""
    norm_is_quality: bool = False
    """Whether the length of the un-normalised template says how good the shot was."""


class Presentation(Network):
    """Tells a face from a picture of one: a print, a screen, a poster."""

    side: int = Field(gt=0)
    """Width and height of its input in pixels."""
    span: float = Field(ge=1, le=10)
    """How much of what is around the face it sees, in sides of the face's box."""
    classes: int = Field(ge=2)
    """Probabilities that it gives of a face; their sum is 1."""
    live: int = Field(ge=0)
    """Place of the one that it is no picture."""

    @model_validator(mode="after")
    def _placed(self) -> "Presentation":
        if self.live >= self.classes:
            raise ValueError("live is none of its classes")
        return self


class Landmarks(Entry):
    """The five points of a face: where the encoder wants them, and what they are."""

    template: tuple[Point, Point, Point, Point, Point]
    """x, y of each, as fractions of the crop's side, in the detector's order."""
    left_eye: tuple[Place, ...] = Field(min_length=1)
    """The points whose mean is the eye on the left of the picture."""
    right_eye: tuple[Place, ...] = Field(min_length=1)
    nose: tuple[Place, ...] = Field(min_length=1)


class Pack(Entry):
    """Networks that belong together, with one calibration."""

    name: str
    title: str
    detector: Detector
    encoder: Encoder
    landmarks: Landmarks
    street: bool
    """False: for trying out only."""
    calibration: Path
    """Where it lies."""

    @property
    def model_id(self) -> str:
        """Which encoder makes the templates. Both forms make the same, so it is the published."""
        return self.encoder.tensorrt.sha256

    @property
    def preprocessing(self) -> str:
        """What makes a picture into what the encoder is fed: the sha256 of its description."""
        found, fed = self.detector, self.encoder
        said = {
            "detector": [found.tensorrt.sha256, found.family, asdict(found.feed), found.fixed],
            "nms": found.nms,
            "encoder": [fed.side, fed.dimension, asdict(fed.feed)],
            "landmarks": self.landmarks.model_dump(mode="json"),
        }
        if found.anchors is not None:
            said["anchors"] = found.anchors.model_dump(mode="json")
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
