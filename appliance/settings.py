"""The van's settings: a tree of frozen parts that refuse what they do not know.

Each class of the appliance is given its part, never the whole; `sources` reads them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from appliance.domain.deployment import Position
from appliance.domain.watchlist import Line as Words  # noqa: TC001  # pydantic reads it

T = TypeVar("T", str, Path)


# Before they reach a library in C, a log or a terminal.
def _plain(value: T) -> T:
    if not str(value).isprintable():
        raise ValueError("control characters are not allowed")
    return value


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
Line = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_plain)]
File = Annotated[Path, AfterValidator(_plain)]


class Settings(BaseModel):
    """A frozen piece of the settings."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )


class CameraSettings(Settings):
    """One camera on the mast."""

    name: Name = "mast-1"
    uri: Line = Field(repr=False)
    """A film's path, /dev/video0, rtsp://..., csi://0. May hold a password: never logged."""
    loop: bool = False
    """Play a film again and again."""
    paced: bool = True
    """Play a film in real time and drop what is late; False gives every frame, for measuring."""
    bridge: Literal["auto", "jetson-utils", "nvmm"] = "auto"
    """Jetson: how frames reach the GPU; auto takes nvmm for csi:// where its bridge was built."""
    width: int | None = Field(default=None, ge=64, le=8192, multiple_of=8)
    """Jetson: what the camera is asked for; None leaves the choice to it."""
    height: int | None = Field(default=None, ge=64, le=8192, multiple_of=2)
    fps: float | None = Field(default=None, gt=0, le=240)
    flip: Literal["none", "rotate-180"] = "none"
    """Jetson: how the mast holds it; seen at commissioning, never guessed."""
    matrix: Literal["auto", "bt601", "bt709"] = "auto"
    """Jetson: which weights made its luma; auto is BT.709 from 720 lines on."""
    full_range: bool | None = None
    """Jetson: whether its luma reaches from 0 to 255; None is 16 to 235. The grey card tells."""


class VisionSettings(Settings):
    """From pixels to templates."""

    pack: Line = "auto"
    """A pack of models.toml, or `auto`: the first that can be had."""
    models: File | None = None
    """A folder of network files that is looked into first, or a models.toml in it."""
    detect_width: int = Field(default=640, ge=64, le=4096)
    """Width of the picture that the detector sees, in pixels."""
    detect_score: float = Field(default=0.7, gt=0, lt=1)
    closer_px: float = Field(default=40.0, ge=0)
    """A face narrower than this in the detector's picture is looked at once more, enlarged, before
    it is encoded; 0 looks at none."""
    detect_hz: float = Field(default=15.0, ge=0)
    """Most looks a second at each camera; 0 looks at every frame. A walker moves 9 cm between."""
    veil_score: float = Field(default=0.3, gt=0, lt=1)
    """Whatever is so much like a face is veiled in an officer's picture of somebody else."""
    face_width_px: int = Field(default=30, ge=8)
    """Narrower faces are not encoded. Down to 20 px most would still match; an officer who looks at
    the alert's picture could not tell (DECISIONS 137)."""
    sharpness: float = Field(default=12.0, ge=0)
    """Least variance of the Laplacian of a shot at 64 x 64 px."""
    brightness: tuple[float, float] = (15.0, 235.0)
    """Darkest and brightest mean luma of a shot: darker ones more likely miss than match."""
    turn: float = Field(default=0.55, gt=0, le=2)
    """How far the nose may be off the middle of the eyes, in distances between the eyes."""
    quality: float = Field(default=0.1, ge=0, le=1)
    """Least quality of a shot that is encoded."""
    shots: int = Field(default=4, ge=2, le=32)
    """Shots of a passing that are encoded before only clearly better ones are."""
    shot_gap_s: float = Field(default=0.1, ge=0)
    """The first shots of a passing are so far apart, so that they are not one shot twice."""
    better: float = Field(default=1.2, ge=1)
    """How many times better than the best so far a later shot must be."""
    lost_s: float = Field(default=0.4, gt=0, le=0.5)
    """A face that is not seen for so long has passed."""

    @model_validator(mode="after")
    def _in_order(self) -> VisionSettings:
        if self.brightness[0] >= self.brightness[1]:
            raise ValueError("brightness is the darkest first, then the brightest")
        return self


class MatchingSettings(Settings):
    """From templates to candidates. The threshold comes with the model's calibration."""

    threshold: float | None = Field(default=None, ge=0, le=1)
    """Raises the calibration's threshold; a value below its floor is refused."""
    hits: int = Field(default=2, ge=1, le=8)
    """Shots on which a passing must be above the threshold before it alerts..."""
    sure_score: float | None = Field(default=None, ge=0, le=1)
    """...or one shot from this score on (where None, the calibration's strong likeness)..."""
    sure_quality: float = Field(default=0.5, ge=0, le=1)
    """...and of at least this quality."""
    cooldown_s: float = Field(default=60.0, ge=0)
    """The same subject on the same camera alerts again only after this."""


class TabletSettings(Settings):
    """The link to the officers' tablets."""

    host: Line = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65535)
    username: Line | None = None
    password: SecretStr | None = None
    ca_file: File | None = None
    """Turns TLS on."""
    certificate: File | None = None
    key: File | None = None
    expiry_s: float = Field(default=60.0, gt=0, le=600)
    """An alert that is older is shown as expired, never as new; the authority may say less."""
    roster: File = Path("/etc/lfr/tablets")
    """Whose tablets may decide: ca.pem and crl.pem, as `lfr desk tablet van` made them."""
    outbox: File = Path("/run/lfr/outbox")
    """Alerts under way, sealed, so that a crash loses none. Kept on a tmpfs alone."""
    ledger: File = Path("/var/lib/lfr/ledger")
    """What was alerted and what officers decided, without a picture."""
    redress_url: Line | None = None
    """Put before the code of a redress slip, so that a telephone can open it."""

    @model_validator(mode="after")
    def _whole(self) -> TabletSettings:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        if self.key is not None and self.ca_file is None:
            raise ValueError("a certificate needs ca_file, which turns TLS on")
        return self


class PanelSettings(Settings):
    """The lamp on the van's panel."""

    process: Literal["within", "own"] = "within"
    """Who has the pins: `lfr run` itself, or `lfr panel` under a user of its own."""
    factory: Literal["jetson", "mock"] = "mock"
    red: Line = "GPIO17"
    green: Line = "GPIO27"
    blue: Line = "GPIO22"
    """Names of the lamp's three pins, as the pin factory knows them."""
    button: Line | None = None
    """The pin of a button that closes the deployment, where there is one."""
    hold_s: float = Field(default=3.0, ge=1, le=10)
    """How long it is held, so that nobody closes by leaning on it."""


class GpuSettings(Settings):
    """The van's GPU; an ordinary computer has none."""

    cache: File = Path("/var/cache/lfr/engines")
    """Where `lfr engines build` keeps plans and kernels. A plan is a program: root owns it."""
    precision: Literal["fp16", "int8"] = "fp16"
    """Which plans are taken; int8 needs a build with calibration pictures."""
    graphs: bool = False
    """Replay each network as one CUDA graph."""
    int8_search: bool = False
    """Search an int8 copy of the list first and score exactly what may be best: for long lists."""


class WatchlistSettings(Settings):
    """Where lists and authorities come from, whose signatures count, and where they lie."""

    root: File = Path("/etc/lfr/root.json")
    """The force's keys and how many of them must agree: the first trust, as `desk init` made it."""
    source: tuple[Line, ...] = Field(default=(), max_length=8)
    """Where `lfr update` looks, in that order: https://..., or the folder of a stick."""
    ca_file: File | None = None
    """Whose certificates an https source may have; None for those that the system trusts."""
    folder: File = Path("/var/lib/lfr/watchlist")
    """What was verified: written by `lfr update`, removed by whoever ends a deployment."""
    keyring: File = Path("/var/lib/lfr/keyring")
    """The van's one-time keys, one for each list; `lfr update` cannot read them."""
    notice: File = Path("/run/lfr/notice")
    """Touched when the force says that there is something new; systemd starts the update."""


class OversightSettings(Settings):
    """What the van accounts for."""

    folder: File = Path("/var/lib/lfr/audit")
    """Its log, and the key that signs it: no person and no picture stands there."""
    force: Words | None = None
    """Whose van it is, as the public record says it."""
    interim: File = Path("/run/lfr-interim")
    """What is counted while a deployment lasts, and a recall test: kept on a tmpfs alone."""
    recipient: Line | None = None
    """The force's age recipient (age1...), to whom true alerts are encrypted."""


class DeploymentSettings(Settings):
    """Who opens a deployment, and where the van stands, WGS 84: it must be in the signed place."""

    opens: Literal["by-itself", "by-hand"] = "by-itself"
    """Whether a list that is in force is enough, or somebody must say `lfr deployment open`."""
    position: Literal["declared", "gpsd"] = "declared"
    """Who says where the van stands: the two numbers here, or a receiver by way of gpsd."""
    gpsd_port: int = Field(default=2947, ge=1, le=65535)
    """Where gpsd listens, on this machine."""
    latitude_deg: float = Field(default=0.0, ge=-90, le=90)
    longitude_deg: float = Field(default=0.0, ge=-180, le=180)

    @property
    def declared(self) -> Position:
        """The two numbers."""
        return Position(latitude_deg=self.latitude_deg, longitude_deg=self.longitude_deg)


class Appliance(Settings):
    """The whole tree; `app` hands out the parts."""

    van: Name = "van-1"
    machine: Literal["jetson", "host"] = "host"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    camera: tuple[CameraSettings, ...] = Field(default=(), max_length=8)
    vision: VisionSettings = VisionSettings()
    matching: MatchingSettings = MatchingSettings()
    tablets: TabletSettings = TabletSettings()
    panel: PanelSettings = PanelSettings()
    gpu: GpuSettings = GpuSettings()
    watchlist: WatchlistSettings = WatchlistSettings()
    oversight: OversightSettings = OversightSettings()
    deployment: DeploymentSettings = DeploymentSettings()

    @field_validator("camera")
    @classmethod
    def _told_apart(cls, cameras: tuple[CameraSettings, ...]) -> tuple[CameraSettings, ...]:
        if len({camera.name for camera in cameras}) < len(cameras):
            raise ValueError("two cameras have the same name")
        return cameras

    @model_validator(mode="after")
    def _overt(self) -> Appliance:
        # A mock always reads back lit; on the street that would be a van that looks in secret.
        if self.machine == "jetson" and self.panel.factory == "mock":
            raise ValueError("a van needs a real lamp: set panel.factory to jetson")
        return self
