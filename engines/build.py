"""`lfr engines build`: from a pack's networks to plans for the very GPU that this runs on."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from rich.progress import BarColumn, Progress, TimeElapsedColumn

from appliance.errors import InputError, SettingsError
from appliance.workshop import Recipe
from engines.half import to_half
from engines.lint import require_clean
from engines.profiles import detector_shapes, encoder_shapes, presentation_shapes
from engines.quantise import to_int8
from engines.samples import Samples

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from rich.console import Console

    from appliance.domain.face import Floats
    from appliance.vision.models import Presentation
    from appliance.workshop import Builder
    from engines.packs import Found
    from engines.profiles import Shapes
    from engines.quantise import Open

    Tell = Callable[[str, float], None]
    """Is given what is being done, and how much of it is done, 0 to 1."""

Precision = Literal["fp16", "int8"]


@dataclass(frozen=True)
class Calibration:
    """What INT8 needs besides the networks."""

    samples: Samples
    open_network: Open


@dataclass(frozen=True)
class Wishes:
    """For what the plans are built."""

    precision: Precision
    detect_width: int
    """`vision.detect_width`."""
    cameras: int
    """How many pictures are looked at together."""


def build_pack(
    found: Found,
    wishes: Wishes,
    builder: Builder,
    tell: Tell,
    calibration: Calibration | None = None,
) -> list[Path]:
    """Build the plans of a pack; takes minutes. They go live once `lfr engines check` passes.

    Args:
        found: The pack, with its files in the form for TensorRT.
        wishes: For what.
        builder: The machine's.
        tell: Is told how far it has come.
        calibration: For INT8.

    Returns:
        The detector's plan and the encoder's.

    Raises:
        SettingsError: INT8 is wished for without pictures to calibrate with.
        InputError: TensorRT would not take a network.
        MachineError: TensorRT did not take it, or the cache cannot be written.
    """
    if found.pack.detector.family == "dlib":
        raise InputError("dlib's networks do not run in TensorRT.", mend="Choose another pack.")
    if wishes.precision == "int8" and calibration is None:
        raise SettingsError(
            "INT8 cannot be built without pictures.",
            mend="Name a folder of pictures with faces: --calibrate FOLDER.",
        )
    try:
        recipes = [_recipe(part, calibration, tell) for part in _parts(found, wishes, calibration)]
    finally:
        if calibration:
            calibration.samples.erase()
    return [builder.build(recipe, tell) for recipe in recipes]


def build_presentations(
    found: Sequence[tuple[Presentation, Path]], builder: Builder, tell: Tell
) -> list[Path]:
    """Build the plans of what tells a face from a picture of one, always in fp16.

    They are asked of one face of a passing, once: fewer bits would gain no time there.

    Args:
        found: From `find_presentations`, in the form for TensorRT.
        builder: The machine's.
        tell: Is told how far it has come.

    Raises:
        InputError: TensorRT would not take a network.
        MachineError: TensorRT did not take it, or the cache cannot be written.
    """
    parts = [
        _Part(file, model.tensorrt.sha256, presentation_shapes(model), "fp16", ())
        for model, file in found
    ]
    recipes = [_recipe(part, None, tell) for part in parts]
    return [builder.build(recipe, tell) for recipe in recipes]


@dataclass(frozen=True)
class _Part:
    """One network, and for what it is built."""

    file: Path
    sha256: str
    shapes: Shapes
    precision: Precision
    batches: Sequence[Floats]


def _parts(found: Found, wishes: Wishes, calibration: Calibration | None) -> tuple[_Part, _Part]:
    detector, encoder = found.pack.detector, found.pack.encoder
    looks = detector_shapes(detector, wishes.detect_width, wishes.cameras)
    crops = encoder_shapes(encoder)
    samples = calibration.samples if calibration else Samples([], [])
    how = wishes.precision
    return (
        _Part(found.detector, detector.tensorrt.sha256, looks, how, samples.detector),
        _Part(found.encoder, encoder.tensorrt.sha256, crops, how, samples.encoder),
    )


def _recipe(part: _Part, calibration: Calibration | None, tell: Tell) -> Recipe:
    """Make the form that is built; what TensorRT would not take is refused before and after."""
    name, data = part.file.stem, part.file.read_bytes()
    require_clean(name, data, part.shapes[-1])
    if part.precision == "int8" and calibration:
        named = partial(_named, tell, name)
        form = to_int8(data, part.batches, calibration.open_network, named)
    else:
        form = to_half(data)
    require_clean(f"{name} ({part.precision})", form, part.shapes[-1])
    return Recipe(name, form, part.sha256, part.precision, part.shapes)


def _named(tell: Tell, name: str, what: str, share: float) -> None:
    tell(f"{name}: {what}", share)


@contextmanager
def progress(console: Console) -> Generator[Tell]:
    """Show a bar for each thing that is being done."""
    with Progress(
        "{task.description}", BarColumn(), TimeElapsedColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task("", total=1.0)

        def tell(what: str, share: float) -> None:
            bar.update(task, description=what, completed=share)

        yield tell
