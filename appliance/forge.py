"""The engines' work on this very machine: plans are built, and compared with their networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance import app
from appliance.errors import ApplianceError, InputError
from engines.build import Calibration, Wishes, build_pack, build_presentations
from engines.check import compare, judge
from engines.packs import SHARED, find_presentations, resolve
from engines.samples import take_samples
from provisioning.enrol.pictures import open_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from appliance.settings import Appliance
    from engines.check import Verdict
    from engines.packs import Found
    from provisioning.enrol.pictures import Picture

    Tell = Callable[[str, float], None]

STILLS = SHARED.parent / "media" / "stills" / "demo"
"""Pictures beside a checkout."""
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def find(settings: Appliance) -> Found:
    """Find the files of the pack that the settings name, as TensorRT takes them."""
    vision = settings.vision
    return resolve(vision.pack, vision.models, fetch=False, notify=lambda _: None, form="tensorrt")


@dataclass(frozen=True)
class Built:
    """What was made for this GPU."""

    kernels: str
    """How its kernels were built, in one line; empty where they were there already."""
    plans: list[Path]
    untold: str
    """Why pictures will not be told from faces, and the mend; empty where they will be."""


def build(settings: Appliance, tell: Tell, calibrate: Path | None = None) -> Built:
    """Build kernels and plans for this GPU; takes minutes on a van.

    Args:
        settings: With the pack, the cameras, and `gpu.precision`.
        tell: Is given the step and the share that is done.
        calibrate: A folder of pictures with faces, for int8.

    Raises:
        ApplianceError: a network or a picture is missing, or something cannot be built.
    """
    builder = app.open_builder(settings)
    found, precision = find(settings), settings.gpu.precision
    wishes = Wishes(precision, settings.vision.detect_width, max(len(settings.camera), 1))
    calibration = _calibration(settings, found, calibrate)
    plans = build_pack(found, wishes, builder, tell, calibration)
    try:
        wary = find_presentations(settings.vision.models, "tensorrt")
        plans += build_presentations(wary, builder, tell)
    except ApplianceError as error:  # the van looks without them, and all the same
        return Built(builder.kernels, plans, error.advice())
    return Built(builder.kernels, plans, "")


def ready(settings: Appliance) -> bool:
    """Tell whether the plans of the pack may go live already; the van looks without others."""
    builder, found = app.open_builder(settings), find(settings)
    networks = (found.pack.detector, found.pack.encoder)
    return all(builder.ready(n.tensorrt.sha256, settings.gpu.precision) for n in networks)


@dataclass(frozen=True)
class Checked:
    """What a comparison has come to."""

    verdicts: tuple[Verdict, ...]
    untold: str
    """Why what tells pictures from faces was not compared, and the mend; empty where it was."""

    @property
    def looks(self) -> bool:
        """Whether every plan passed without which the van does not look."""
        return all(verdict.passed for verdict in self.verdicts if verdict.needed)


def check(settings: Appliance, pictures: Iterable[Picture]) -> Checked:
    """Compare the plans with their networks; what passes may go live.

    Args:
        settings: Of the van.
        pictures: With clear faces. Nothing of them is kept.

    Raises:
        ApplianceError: there is no plan, or there are too few faces.
    """
    builder, found = app.open_builder(settings), find(settings)
    host = settings.model_copy(update={"machine": "host"})
    vision = settings.vision.model_copy(update={"pack": found.pack.name})
    truth = app.open_eyes(app.open_machine(host), vision)
    trial = app.open_eyes(app.open_machine(settings, checked=False), vision)
    comparison = compare(truth, trial, pictures)
    verdicts = judge(comparison, settings.gpu.precision)
    networks = (found.pack.detector, found.pack.encoder, *comparison.wary)
    for verdict, network in zip(verdicts, networks, strict=True):
        builder.record(network.tensorrt.sha256, verdict.precision, verdict.record())
    return Checked(verdicts, truth.untold or trial.untold)


def stills(folder: Path) -> Iterator[Picture]:
    """Read the pictures of a folder, one by one.

    Raises:
        InputError: there is no such folder, nothing in it, or something that is no picture.
    """
    files = sorted(f for f in folder.rglob("*") if f.suffix.lower() in SUFFIXES)
    if not files:
        raise InputError(
            f"There are no pictures in {folder}.",
            mend="Name a folder of pictures with clear faces.",
        )
    return (open_picture(file) for file in files)


def _calibration(settings: Appliance, found: Found, folder: Path | None) -> Calibration | None:
    if folder is None:
        return None
    host = settings.model_copy(update={"machine": "host"})
    vision = settings.vision.model_copy(update={"pack": found.pack.name})
    eyes = app.open_eyes(app.open_machine(host), vision)
    return Calibration(take_samples(eyes, stills(folder)), app.open_network)
