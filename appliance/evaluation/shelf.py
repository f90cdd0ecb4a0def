"""Templates that were made before, by model and picture; never a picture.

A template is biometric data of a person: the folder and its files are their owner's alone. One file
holds records of one length, each with its own sum, so that what a loss of power or a fault of the
disk has left is not believed, and looked at anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.errors import InputError
from appliance.evaluation.gaze import FAILURES, OFF_MIDDLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from appliance.settings import VisionSettings
    from appliance.vision.models import Pack

    Records = npt.NDArray[Any]

FILE_MODE = 0o600
GROWING = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class Look:
    """What came of a picture."""

    failure: str | None
    """One of FAILURES."""
    faces: int = 0
    eyes_px: float = 0.0
    template: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    """(D,), of length 1."""


def name_of(pack: Pack, settings: VisionSettings, *, mirrored: bool = False) -> str:
    """Name the file by all that a template depends on: networks, alignment, choice of face."""
    parts = (
        pack.detector.cpu.sha256,
        pack.encoder.cpu.sha256,
        pack.encoder.model_dump_json(),
        pack.detector.model_dump_json(),
        pack.landmarks.model_dump_json(),
        f"{settings.detect_width} {settings.detect_score} {settings.veil_score} {OFF_MIDDLE}",
    )
    digest = hashlib.sha256(chr(10).join(parts).encode()).hexdigest()
    return f"{pack.model_id[:16]}-{digest[:16]}{'-mirrored' * mirrored}"


class Shelf:
    """What one pack has made of pictures.

    Args:
        folder: Where it lies; None keeps nothing.
        name: As `name_of` gives it.
        dimension: Numbers of a template.

    Raises:
        InputError: the folder cannot be made, or the file cannot be read.
    """

    def __init__(self, folder: Path | None, name: str, dimension: int) -> None:
        self.dimension = dimension
        self._file = folder / f"{name}.templates" if folder else None
        self._kind = np.dtype(
            [
                ("sha256", "u1", 32),
                ("failure", "<i4"),
                ("faces", "<i4"),
                ("eyes_px", "<f4"),
                ("template", "<f4", (dimension,)),
                ("sum", "<u4"),
            ]
        )
        self._held = self._read()

    def find(self, sha256: str) -> Look | None:
        """Give what was made of a picture; None where it was not looked at."""
        record = self._held.get(sha256)
        if record is None:
            return None
        code = int(record["failure"])
        if code >= 0:
            return Look(FAILURES[code])
        template = np.array(record["template"], np.float32)
        return Look(None, int(record["faces"]), float(record["eyes_px"]), template)

    def missing(self, sums: Sequence[str | None]) -> int:
        """Count the pictures that were not looked at."""
        return sum(sha256 is not None and sha256 not in self._held for sha256 in sums)

    def keep(self, looks: Sequence[tuple[str, Look]]) -> None:
        """Write down what was made of some pictures.

        Raises:
            InputError: the disk refuses.
        """
        if not looks or self._file is None:
            return
        records = np.zeros(len(looks), self._kind)
        for record, (sha256, look) in zip(records, looks, strict=True):
            record["sha256"] = np.frombuffer(bytes.fromhex(sha256), np.uint8)
            record["failure"] = FAILURES.index(look.failure) if look.failure else -1
            record["faces"], record["eyes_px"] = look.faces, look.eyes_px
            record["template"] = 0 if look.template is None else look.template
            record["sum"] = self._sum(record)
        try:
            self._append(self._file, records.tobytes())
        except OSError as error:
            raise _refusal(error) from None

    def _append(self, file: Path, data: bytes) -> None:
        handle = os.open(file, GROWING, FILE_MODE)
        with os.fdopen(handle, "ab") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            whole = os.fstat(handle).st_size // self._kind.itemsize * self._kind.itemsize
            os.ftruncate(handle, whole)  # what a killed run had begun
            opened.write(data)

    def _read(self) -> dict[str, Any]:
        if self._file is None:
            return {}
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            data = self._file.read_bytes() if self._file.is_file() else b""
        except OSError as error:
            raise _refusal(error) from None
        count = len(data) // self._kind.itemsize
        records: Records = np.frombuffer(data, self._kind, count)
        sound = (record for record in records if self._sum(record) == int(record["sum"]))
        return {bytes(record["sha256"]).hex(): record for record in sound}

    def _sum(self, record: Any) -> int:  # noqa: ANN401 - a record of NumPy's has no type
        return zlib.crc32(record.tobytes()[:-4])


def _refusal(error: OSError) -> InputError:
    fault = f"The templates of earlier runs cannot be kept: {error.strerror}."
    return InputError(fault, mend="Name another folder with --cache, or give --no-cache.")
