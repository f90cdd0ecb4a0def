"""All shards of a list, gathered: looked at as a whole, then sealed for one van."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pyrage
from pyrage import x25519

from appliance.errors import InputError
from provisioning.enrol.leaf import MEND, NAME, LeafReader
from provisioning.enrol.sealing import Enrolled, Place, Sealed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from provisioning.enrol.leaf import Leaf

    Places = npt.NDArray[np.int64]

__all__ = ["Enrolled", "Sealed", "gather"]

LENGTH_TOLERANCE = 1e-3


def gather(folder: Path, identity: str) -> Enrolled:
    """Open all shards of a list.

    Args:
        folder: Where they lie.
        identity: The desk's key of this list (`AGE-SECRET-KEY-1...`).

    Returns:
        Perhaps nobody: the rows then say why.

    Raises:
        InputError: one is missing, damaged, or of another list.
    """
    try:
        reader = LeafReader(folder, x25519.Identity.from_str(identity))
    except pyrage.IdentityError:
        raise InputError("The key of the shards is none.", mend="Take the draft's own.") from None
    gathering = _Gathering(reader)
    of = _shards(folder)
    for shard in range(1, of + 1):
        for number in count():
            leaf = reader.index(shard, of, number)
            gathering.take(leaf)
            if leaf.last:
                break
    return gathering.done()


def _shards(folder: Path) -> int:
    """Find out how many shards there must be."""
    found = {match[2] for file in folder.glob("*.age") if (match := NAME.fullmatch(file.name))}
    if len(found) != 1:
        fault = "There is no shard of this list." if not found else "Shards of two tries are mixed."
        raise InputError(fault, mend="Enrol, or remove those of the other try.")
    return int(found.pop())


class _Gathering:
    """Takes leaf after leaf, and holds what is small."""

    def __init__(self, reader: LeafReader) -> None:
        self._reader = reader
        self._kind: tuple[str, str, int] | None = None
        self._places: list[Place] = []
        self._references: dict[str, None] = {}
        self._numbers: dict[str, list[npt.NDArray[Any]]] = {
            name: [] for name in ("expires", "record_bytes", "counts", "thumbnail_bytes")
        }

    def take(self, leaf: Leaf) -> None:
        """Add a leaf's subjects."""
        kind = (leaf.digest, leaf.model_id, leaf.dimension)
        if self._kind not in {None, kind}:
            raise InputError(f"Shard {leaf.shard} is of another table or pack.", mend=MEND)
        self._kind = kind
        first = len(self._references)
        for entry in leaf.entries:
            if entry.reference in self._references:
                fault = f"Shard {leaf.shard} has a reference that another has too."
                raise InputError(fault, mend=MEND)
            self._references[entry.reference] = None
        place = Place(leaf.shard, leaf.of, leaf.number, first, len(self._references))
        self._places.append(place)
        self._note("expires", [entry.expires_s for entry in leaf.entries])
        self._note("record_bytes", [entry.record_bytes for entry in leaf.entries])
        self._note("counts", [len(entry.thumbnail_bytes) for entry in leaf.entries])
        self._note("thumbnail_bytes", [n for e in leaf.entries for n in e.thumbnail_bytes])

    def _note(self, name: str, numbers: Sequence[int]) -> None:
        self._numbers[name].append(np.array(numbers, np.int64))

    def done(self) -> Enrolled:
        """Put everything side by side; templates are opened only now that their number is known."""
        joined = {name: np.concatenate(pieces) for name, pieces in self._numbers.items()}
        _, model_id, dimension = self._kind or ("", "", 0)
        templates = np.empty((len(joined["thumbnail_bytes"]), dimension), np.float16)
        at = 0
        for place in self._places:
            leaf = self._reader.index(place.shard, place.of, place.number)
            piece = _sound(self._reader.templates(leaf))
            templates[at : at + len(piece)] = piece
            at += len(piece)
        subjects = np.arange(len(self._references), dtype=np.int32)
        return Enrolled(
            model_id=model_id,
            references=list(self._references),
            templates=templates,
            owners=np.repeat(subjects, joined["counts"]),
            expires=joined["expires"],
            record_bytes=joined["record_bytes"],
            thumbnail_bytes=joined["thumbnail_bytes"],
            reader=self._reader,
            places=self._places,
        )


def _sound(templates: npt.NDArray[Any]) -> npt.NDArray[np.float16]:
    lengths = np.linalg.norm(templates.astype(np.float32), axis=1)
    if not bool(np.all(np.abs(lengths - 1) < LENGTH_TOLERANCE)):
        raise InputError("A shard has a template that has not the length 1.", mend=MEND)
    return np.asarray(templates, np.float16)
