"""Where each array of a bundle lies: all sizes are known before the first byte is written."""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import numpy as np
from typing_extensions import override

from appliance.domain.watchlist import (
    COMMITMENT_BYTES,
    MAX_IMAGES,
    MAX_JPEG_BYTES,
    MAX_SUBJECTS,
    MAX_TEMPLATES,
    MEND,
)
from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from typing_extensions import Buffer

    Part = bytes | memoryview

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "expires": ("I64", "<i8"),
    "record_ends": ("I64", "<i8"),
    "thumbnail_ends": ("I64", "<i8"),
    "owners": ("I32", "<i4"),
    "templates": ("F16", "<f2"),
    "commitments": ("U8", "u1"),
    "head": ("U8", "u1"),
    "records": ("U8", "u1"),
    "thumbnails": ("U8", "u1"),
}
"""What each array is to safetensors and to NumPy, in the file's order."""
LENGTH_BYTES = 8
MOST_HEAD_BYTES = 4_096
MOST_RECORD_BYTES = 16_384
"""More than a record whose every field is as long as it may be."""
MOST_DIMENSION = 4_096


def require(holds: bool, field: str, fault: str) -> None:
    """Refuse a bundle, by the array that is wrong and never by what stood in it.

    Raises:
        InputError: it does not hold.
    """
    if not holds:
        raise InputError(f"The watchlist, {field}: {fault}.", mend=MEND)


@dataclass(frozen=True)
class Sizes:
    """All that has to be known before the first byte of a bundle is written."""

    head_bytes: int
    subjects: int
    templates: int
    dimension: int
    record_bytes: int
    thumbnail_bytes: int

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Give each array's shape, in the file's order."""
        entries, rows = (self.subjects,), (self.templates,)
        return {
            "expires": entries,
            "record_ends": entries,
            "thumbnail_ends": rows,
            "owners": rows,
            "templates": (self.templates, self.dimension),
            "commitments": (self.subjects, COMMITMENT_BYTES),
            "head": (self.head_bytes,),
            "records": (self.record_bytes,),
            "thumbnails": (self.thumbnail_bytes,),
        }

    def lengths(self) -> dict[str, int]:
        """Give each array's bytes, in the file's order."""
        kinds = {name: np.dtype(kind) for name, (_, kind) in KINDS.items()}
        return {name: kinds[name].itemsize * prod(shape) for name, shape in self.shapes().items()}

    def require_bounded(self) -> None:
        """Refuse what no lawful list has.

        Raises:
            InputError: a size is out of bounds.
        """
        count, rows = self.subjects, self.templates
        require(0 < count <= MAX_SUBJECTS, "subjects", f"none, or more than {MAX_SUBJECTS}")
        few = count <= rows <= min(MAX_IMAGES * count, MAX_TEMPLATES)
        require(few, "templates", "not one to three for each subject")
        require(0 < self.dimension <= MOST_DIMENSION, "templates", "of no lawful length")
        require(0 < self.head_bytes <= MOST_HEAD_BYTES, "head", "none, or too long")
        require(self.record_bytes <= count * MOST_RECORD_BYTES, "records", "too long")
        require(self.thumbnail_bytes <= rows * MAX_JPEG_BYTES, "thumbnails", "too large")


def header(sizes: Sizes) -> bytes:
    """Write what stands before the arrays; there is no other way to write it."""
    shapes, at, entries = sizes.shapes(), 0, list[str]()
    for name, length in sizes.lengths().items():
        shape = ",".join(map(str, shapes[name]))
        place = f'"shape":[{shape}],"data_offsets":[{at},{at + length}]'
        entries.append(f'"{name}":{{"dtype":"{KINDS[name][0]}",{place}}}')
        at += length
    text = ("{" + ",".join(entries) + "}").encode()
    text += b" " * (-len(text) % LENGTH_BYTES)
    return len(text).to_bytes(LENGTH_BYTES, "little") + text


def stream(sizes: Sizes, parts: Mapping[str, Iterable[Part]]) -> BinaryIO:
    """Open a bundle for reading that is put together while it is read.

    Args:
        sizes: Of the whole.
        parts: Each array's bytes in pieces, which are asked for in the file's order.

    Raises:
        InputError: while it is read, where an array has not the length that was announced.
    """
    sizes.require_bounded()
    return cast("BinaryIO", io.BufferedReader(_Pieces(_written(sizes, parts)), 1 << 20))


def _written(sizes: Sizes, parts: Mapping[str, Iterable[Part]]) -> Iterator[Part]:
    yield header(sizes)
    for name, length in sizes.lengths().items():
        left = length
        for piece in parts[name]:
            left -= memoryview(piece).nbytes
            yield piece
        require(left == 0, name, "not as long as announced")


class _Pieces(io.RawIOBase):
    """A file that is made piece by piece."""

    def __init__(self, pieces: Iterator[Part]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, memoryview(b"")

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, into: Buffer, /) -> int:
        """Fill a buffer as far as the next piece goes; 0 at the end."""
        while not self._rest.nbytes:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece).cast("B")
        wanted = memoryview(into).cast("B")
        some, self._rest = self._rest[: len(wanted)], self._rest[len(wanted) :]
        wanted[: len(some)] = some
        return len(some)
