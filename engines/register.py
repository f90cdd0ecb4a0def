"""Reads what networks there are: ours, and a `models.toml` of the user's beside them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from appliance.errors import SettingsError
from appliance.vision.models import Detector, Encoder, Landmarks, Pack, Presentation

if TYPE_CHECKING:
    from collections.abc import Mapping

toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

NAME = "models.toml"
OURS = Path(__file__).with_name(NAME)
CALIBRATION = "calibration"
"""The folder beside a register in which each pack has a file of its name."""
MEND = "`engines/README.md` says what stands in a models.toml."

Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


class Joined(BaseModel):
    """A pack as a register has it: the names of its parts."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    title: str
    detector: Word
    encoder: Word
    landmarks: Word
    street: bool = False
    """Whether it is meant for the street; no pack is that says nothing."""


class Register(BaseModel):
    """A file of networks, and of the packs that join them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    detectors: dict[Word, Detector] = {}
    encoders: dict[Word, Encoder] = {}
    landmarks: dict[Word, Landmarks] = {}
    presentations: dict[Word, Presentation] = {}
    """What tells a face from a picture of one: of no pack, since all go with every pack."""
    packs: dict[Word, Joined] = {}


def read_register(models: Path | None = None) -> dict[str, Pack]:
    """Read all packs, ours first and best first.

    Args:
        models: A register of the user's, which may take parts of ours by their names.

    Raises:
        SettingsError: it is not sound; the error names its field.
    """
    ours = _parse(OURS)
    packs = {name: _joined(name, ours, ours, OURS) for name in ours.packs}
    if models is None:
        return packs
    theirs = _parse(models)
    every = _together(ours, theirs, models)
    return packs | {name: _joined(name, theirs, every, models) for name in theirs.packs}


def read_presentations() -> list[Presentation]:
    """Read the networks that tell a face from a picture of one."""
    return list(_parse(OURS).presentations.values())


def _parse(file: Path) -> Register:
    try:
        return Register.model_validate(toml.loads(file.read_text("utf-8")))
    except OSError as error:
        fault = f"{file.name} cannot be read: {error.strerror}."
        raise SettingsError(fault, mend=MEND) from error
    except ValidationError as error:
        raise _fault(file, *_first(error)) from None
    except (ValueError, RecursionError) as error:  # tomllib's own is a ValueError
        raise SettingsError(f"{file.name} is not TOML: {error}.", mend=MEND) from None


def _first(error: ValidationError) -> tuple[str, str]:
    """Give the field that is wrong, and what is wrong with it."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"] if part != "[key]")
    return where or "its first line", first["msg"].removeprefix("Value error, ")


def _fault(file: Path, field: str, what: str) -> SettingsError:
    return SettingsError(f"{file.name} is wrong at {field}: {what}.", mend=MEND)


def _together(ours: Register, theirs: Register, file: Path) -> Register:
    """Add theirs to ours; no name may stand for two things."""
    for kind in Register.model_fields:
        for name in getattr(ours, kind).keys() & getattr(theirs, kind).keys():
            raise _fault(file, f"{kind}.{name}", "this name is taken, choose another")
    return Register(
        detectors={**ours.detectors, **theirs.detectors},
        encoders={**ours.encoders, **theirs.encoders},
        landmarks={**ours.landmarks, **theirs.landmarks},
    )


def _joined(name: str, held: Register, parts: Register, file: Path) -> Pack:
    joined = held.packs[name]

    def part(kind: str, known: Mapping[str, Any]) -> Any:  # noqa: ANN401 - Pack looks at its type
        wanted: str = getattr(joined, kind)
        if wanted not in known:
            names = ", ".join(known)
            raise _fault(file, f"packs.{name}.{kind}", f"there is no {wanted}, but {names}")
        return known[wanted]

    return Pack(
        name=name,
        title=joined.title,
        detector=part("detector", parts.detectors),
        encoder=part("encoder", parts.encoders),
        landmarks=part("landmarks", parts.landmarks),
        street=joined.street,
        calibration=file.with_name(CALIBRATION) / f"{name}.toml",
    )
