"""`lfr engines lint`: which networks are looked at, and in which forms."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from appliance.errors import InputError, MachineError
from engines.half import to_half
from engines.lint import Finding, lint
from engines.packs import find, find_presentations, load_packs, search_path
from engines.profiles import detector_shapes, encoder_shapes, presentation_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from engines.profiles import Shape

WIDTH, CAMERAS = 640, 8
"""`vision.detect_width` as it comes, and as many cameras as a van can have."""


def lint_files(files: Iterable[Path]) -> list[Finding]:
    """Look at ONNX files, and at the fp16 form of each.

    Raises:
        InputError: one cannot be read.
    """
    found: list[Finding] = []
    for file in files:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise InputError(
                f"{file} cannot be read: {error.strerror}.", mend="Name an ONNX file."
            ) from None
        found += _forms(file.stem, data, None)
    return found


def lint_packs(folder: Path | None = None) -> list[Finding]:
    """Look at every network that is here and that a Jetson can run, and at its fp16 form.

    Args:
        folder: Is looked into first.

    Raises:
        InputError: none is here.
    """
    every = dict(_networks(folder))
    if not every:
        raise InputError("No networks are here.", mend="Get some with `lfr engines fetch zoo`.")
    found: list[Finding] = []
    for file, largest in every.items():
        found += _forms(file.stem, file.read_bytes(), largest)
    return found


def _networks(folder: Path | None) -> Iterator[tuple[Path, Shape]]:
    folders = search_path(folder)
    for pack in load_packs().values():
        here = find(pack, folders, "tensorrt")
        if here:
            yield here.detector, detector_shapes(pack.detector, WIDTH, CAMERAS)[-1]
            yield here.encoder, encoder_shapes(pack.encoder)[-1]
    with suppress(MachineError):  # whoever has none of these can look all the same
        for model, file in find_presentations(folder, "tensorrt"):
            yield file, presentation_shapes(model)[-1]


def _forms(name: str, data: bytes, largest: Shape | None) -> list[Finding]:
    found = lint(name, data, largest)
    if any(finding.level == "wrong" for finding in found):
        return found
    try:
        form = to_half(data)
    except InputError:  # it is a form already, or nothing that is fed pictures
        return found
    return found + lint(f"{name} (fp16)", form, largest)
