"""Holds a network against its description, from its file alone: which field is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.errors import SettingsError
from appliance.vision.anchors import STRIDES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import onnx

    from appliance.vision.models import Detector, Encoder
    from engines.packs import Found

    Shape = tuple[int | None, ...]
    """None: any length."""

COLOURS = 3
FACE = {4, 2, 10}
"""Numbers of a box, of two classes and of five points."""


@dataclass(frozen=True)
class Ports:
    """What a network takes and gives."""

    taken: Shape
    given: dict[str, Shape]


def check(found: Found) -> None:
    """See whether both networks of a pack are what its description says, as far as files tell.

    Raises:
        SettingsError: one is not; the error names the field.
    """
    pack = found.pack
    if pack.detector.family == "dlib":
        return
    eye, mind = ports_of(found.detector), ports_of(found.encoder)
    _refuse(pack.name, "detector", found.detector, _detector(pack.detector, eye))
    _refuse(pack.name, "encoder", found.encoder, _encoder(pack.encoder, mind))


def _refuse(pack: str, part: str, file: Path, faults: Iterator[tuple[str, str]]) -> None:
    for field, fault in faults:
        raise SettingsError(
            f"The pack {pack} is wrong at {part}.{field}: {file.name} {fault}.",
            mend="Correct its description in models.toml, or name another file.",
        )


def ports_of(file: Path) -> Ports:
    """Read what a network takes and gives.

    Raises:
        SettingsError: the file is no network that one picture is fed to.
    """
    import onnx  # noqa: PLC0415 - a van with networks of ours never loads it

    mend = "Give a file in the form of ONNX."
    try:
        graph = onnx.load(file, load_external_data=False).graph
    except Exception as error:  # onnx and protobuf share no base but this one
        raise SettingsError(f"{file.name} is no ONNX.", mend=mend) from error
    weights = {weight.name for weight in graph.initializer}
    taken = [_shape(one) for one in graph.input if one.name not in weights]
    if len(taken) != 1 or len(taken[0]) != len(("batch", "colours", "height", "width")):
        fault = f"{file.name} does not take pictures alone, as (batch, colours, height, width)."
        raise SettingsError(fault, mend=mend)
    return Ports(taken[0], {one.name: _shape(one) for one in graph.output})


def _shape(value: onnx.ValueInfoProto) -> Shape:
    lengths = value.type.tensor_type.shape.dim
    return tuple(one.dim_value if one.HasField("dim_value") else None for one in lengths)


def _pictures(batch: int | None, ports: Ports) -> Iterator[tuple[str, str]]:
    count, colours = ports.taken[:2]
    if colours not in {None, COLOURS}:
        yield "cpu", f"takes pictures of {colours} channels"
    if count and batch != count:
        yield "batch", f"takes {count} in a run"


def _encoder(model: Encoder, ports: Ports) -> Iterator[tuple[str, str]]:
    yield from _pictures(model.batch, ports)
    sides = {side for side in ports.taken[2:] if side}
    if sides - {model.side}:
        yield "side", f"takes crops of {' x '.join(map(str, ports.taken[2:]))}"
    if len(ports.given) != 1:
        yield "cpu", f"gives {len(ports.given)} answers, where a template is one"
    for shape in ports.given.values():
        numbers = [length for length in shape[1:] if length != 1]
        if None not in numbers and numbers and numbers != [model.dimension]:
            yield "dimension", f"gives {' x '.join(map(str, numbers))} numbers for a face"


def _detector(model: Detector, ports: Ports) -> Iterator[tuple[str, str]]:
    yield from _pictures(model.at_once, ports)
    high, wide = ports.taken[2:]
    if high and wide and model.fixed != (wide, high):
        yield "fixed", f"takes pictures of {wide} x {high} alone"
    names, depths = set(ports.given), [shape[-1] for shape in ports.given.values() if shape]
    match model.family:
        case "yunet":
            wanted = {f"{part}_{s}" for part in ("cls", "obj", "bbox", "kps") for s in STRIDES}
            if names != wanted:
                yield "family", "does not answer as a YuNet"
        case "scrfd":
            expected = [depth for depth in (1, 4, 10) for _ in STRIDES]
            if len(depths) != len(expected) or not _alike(depths, expected):
                yield "family", "does not answer as an SCRFD, with three scores first"
        case _:
            if len(depths) != len(FACE) or not {depth for depth in depths if depth} <= FACE:
                yield "family", "does not answer as a RetinaFace"


def _alike(depths: list[int | None], expected: list[int]) -> bool:
    return all(seen in {None, wanted} for seen, wanted in zip(depths, expected, strict=True))
