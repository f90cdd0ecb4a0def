"""What a network pack is: a detector, an encoder, and the landmarks that join them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from appliance.machine import Feed

Form = Literal["cpu", "tensorrt"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Https = Annotated[str, StringConstraints(pattern=r"^https://[^\s/]+/\S+$")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Fraction, Fraction]
Place = Annotated[int, Field(ge=0, le=4)]


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


class Detector(Network):
    """Finds faces and their landmarks."""

    family: Literal["yunet", "scrfd", "dlib"]
    """How its raw outputs are read."""
    fixed: tuple[int, int] | None = None
    """The only (width, height) that it takes, one picture a run; None: multiples of 32."""
    nms: float = Field(gt=0, lt=1)
    """Boxes that overlap more (IoU) are one face."""


class Encoder(Network):
    """Turns aligned faces into templates."""

    side: int = Field(gt=0)
    """Width and height of its input in pixels."""
    dimension: int = Field(gt=0)
    batch: int | None = Field(default=None, gt=0)
    """Faces in a run; None where any number goes."""
    norm_is_quality: bool = False
    """Whether the length of the un-normalised template says how good the shot was."""


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

    @property
    def model_id(self) -> str:
        """Which encoder makes the templates. Both forms make the same, so it is the published."""
        return self.encoder.tensorrt.sha256
