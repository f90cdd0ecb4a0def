"""A list on its way into a bundle for one van: array after array, shard after shard."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from appliance.domain.watchlist import Subject
from appliance.errors import InputError
from appliance.watchlist.bundle import Sizes, header, stream
from appliance.watchlist.keyring import seal
from appliance.watchlist.refusals import parse
from provisioning import disk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from appliance.domain.watchlist import Head
    from provisioning.enrol.leaf import Leaf, LeafReader
    from provisioning.enrol.rows import Row

    Places = npt.NDArray[np.int64]
    Piece = bytes | memoryview
    Flags = npt.NDArray[np.bool_]

AT_ONCE = 32_768
"""Subjects whose templates are copied at a time."""
SHORTEST = 0.1
"""A mean of templates that is shorter points nowhere: so much of it is rounding."""


@dataclass(frozen=True)
class Envelope:
    """What a list is sealed into, for one van."""

    head: Head
    """What holds for the whole list."""
    recipients: Sequence[str]
    """The van's and the desk's, of this list alone."""
    file: Path
    """That it becomes."""
    commit: Callable[[str], bytes]
    """Makes the 32 bytes by which the public log knows a reference."""
    leave_out: Collection[int] = field(default=(), repr=False)
    """Numbers of those who are not to be on it."""


@dataclass(frozen=True)
class Sealed:
    """A bundle for one van, as it lies there: the figures of its Promise."""

    sha256: str
    """Of the ciphertext."""
    bytes: int
    plain_bytes: int
    subjects: int
    templates: int


@dataclass(frozen=True)
class Place:
    """A leaf, and which subjects are in it; its index is read again when it is wanted."""

    shard: int
    of: int
    number: int
    first: int
    last: int


@dataclass(frozen=True)
class Enrolled:
    """Everybody who can be put on the list."""

    model_id: str
    references: Sequence[str] = field(repr=False)
    """(S,)."""
    templates: npt.NDArray[np.float16] = field(repr=False)
    """(N, D), rows of length 1."""
    owners: npt.NDArray[np.int32] = field(repr=False)
    """(N,): which subject each row is of, in order."""
    expires: Places = field(repr=False)
    """(S,): when each entry ends, in seconds since 1970."""
    record_bytes: Places = field(repr=False)
    thumbnail_bytes: Places = field(repr=False)
    reader: LeafReader = field(repr=False)
    places: Sequence[Place] = field(repr=False)

    def rows(self) -> Iterator[Row]:
        """Give every row of the report, in the table's order; thumbnails are read as they come."""
        for place in self.places:
            yield from self.reader.rows(self.leaf(place))

    def leaf(self, place: Place) -> Leaf:
        """Open a leaf's index again."""
        return self.reader.index(place.shard, place.of, place.number)

    def seal(self, envelope: Envelope) -> Sealed:
        """Write the bundle, encrypted, one array after the other.

        Raises:
            InputError: nobody is left, an entry is not lawful, or a shard has changed.
        """
        kept = np.ones(len(self.references), np.bool_)
        kept[list(envelope.leave_out)] = False
        return Sealing(self, envelope, kept).write()


@dataclass(frozen=True)
class Sealing:
    """A list on its way into a bundle."""

    enrolled: Enrolled
    envelope: Envelope
    kept: Flags
    """(S,)."""

    def write(self) -> Sealed:
        """Write it, and say what was written."""
        sizes, parts = self._plan()
        if head_fault := self._fault(sizes):
            raise head_fault
        with disk.replacing(self.envelope.file) as opened:
            counted, refusals = _Counted(opened), list[InputError]()
            heard = {name: _noting(pieces, refusals) for name, pieces in parts.items()}
            try:
                seal(stream(sizes, heard), cast("BinaryIO", counted), self.envelope.recipients)
            except InputError as error:
                # What is raised while age reads comes out of it as another error.
                raise (refusals or [error])[0] from None
        plain = len(header(sizes)) + sum(sizes.lengths().values())
        digest = counted.digest.hexdigest()
        return Sealed(digest, counted.bytes, plain, sizes.subjects, sizes.templates)

    def _fault(self, sizes: Sizes) -> InputError | None:
        if self.envelope.head.model_id != self.enrolled.model_id:
            return InputError("The head names another encoder.", mend="Enrol with that pack.")
        if sizes.subjects == 0:
            return InputError("Nobody is left on the list.", mend="Look at the report.")
        return None

    def _plan(self) -> tuple[Sizes, dict[str, Any]]:
        """Say how long everything is, and how each array is had when its turn comes."""
        whole, kept = self.enrolled, self.kept
        rows = kept[whole.owners]
        owners = (np.cumsum(kept) - 1).astype(np.int32)[whole.owners[rows]]
        record_ends = np.cumsum(whole.record_bytes[kept])
        thumbnail_ends = np.cumsum(whole.thumbnail_bytes[rows])
        head = self.envelope.head.text
        parts: dict[str, Any] = {
            "expires": [whole.expires[kept].astype("<i8").tobytes()],
            "record_ends": [record_ends.astype("<i8").tobytes()],
            "thumbnail_ends": [thumbnail_ends.astype("<i8").tobytes()],
            "owners": [owners.astype("<i4").tobytes()],
            "templates": self._templates(rows),
            "commitments": self._commitments(),
            "head": [head],
            "records": self._records(),
            "thumbnails": self._thumbnails(),
        }
        ends = (int(each[-1]) if len(each) else 0 for each in (record_ends, thumbnail_ends))
        dimension = whole.templates.shape[1]
        return Sizes(len(head), int(kept.sum()), len(owners), dimension, *ends), parts

    def _templates(self, rows: Flags) -> Iterator[bytes]:
        """Give, for each picture, the one template of all that there are of its subject."""
        whole = self.enrolled
        bounds = np.append(np.flatnonzero(np.diff(whole.owners, prepend=-1)), len(whole.owners))
        for first in range(0, len(bounds) - 1, AT_ONCE):
            starts = bounds[first : first + AT_ONCE + 1]
            some = slice(starts[0], starts[-1])
            together = in_one(whole.templates[some], starts - starts[0])
            yield together[rows[some]].astype("<f2").tobytes()

    def _commitments(self) -> Iterator[bytes]:
        for reference, kept in zip(self.enrolled.references, self.kept, strict=True):
            if kept:
                yield self.envelope.commit(reference)

    def _records(self) -> Iterator[bytes]:
        """Give the records; each is read once more, since the list is made later than they were."""
        whole = self.enrolled
        for place in whole.places:
            blob = whole.reader.part(place, "records")
            at = 0
            for number in range(place.first, place.last):
                record = blob[at : at + whole.record_bytes[number]]
                at += len(record)
                if self.kept[number]:
                    self._require_lawful(record, whole.references[number])
                    yield record

    def _require_lawful(self, record: bytes, reference: str) -> None:
        subject = parse(Subject, record, "A record of the shards")
        fault = subject.fault(self.envelope.head.made_at)
        if subject.reference != reference:
            fault = "a record is not that of its subject"
        if fault:
            raise InputError(f"The watchlist: {fault}.", mend="Enrol again.")

    def _thumbnails(self) -> Iterator[memoryview]:
        whole = self.enrolled
        starts = np.searchsorted(whole.owners, np.arange(len(whole.references) + 1))
        for place in whole.places:
            blob = memoryview(whole.reader.part(place, "thumbnails"))
            at = 0
            for number in range(place.first, place.last):
                size = int(whole.thumbnail_bytes[starts[number] : starts[number + 1]].sum())
                if self.kept[number]:
                    yield blob[at : at + size]
                at += size


def in_one(templates: npt.NDArray[np.float16], bounds: Places) -> npt.NDArray[np.float32]:
    """Put the mean of each subject's templates, at length 1, in the place of every one of them.

    It finds more people, and fewer strangers, than the most alike of them. What is alone, or has
    no mean because pictures are opposites, stays as it is.

    Args:
        templates: (N, D), rows of length 1.
        bounds: (S + 1,): where each subject begins, and the end.
    """
    rows = templates.astype(np.float32)
    counts = np.diff(bounds)
    means = np.add.reduceat(rows, bounds[:-1], axis=0) / counts[:, None]
    lengths = np.linalg.norm(means, axis=1)
    means /= np.maximum(lengths, SHORTEST)[:, None]
    fused = np.repeat((counts > 1) & (lengths > SHORTEST), counts)
    return np.where(fused[:, None], np.repeat(means, counts, axis=0), rows)


def _noting(pieces: Iterable[Piece], refusals: list[InputError]) -> Iterator[Piece]:
    try:
        yield from pieces
    except InputError as error:
        refusals.append(error)
        raise


class _Counted:
    """A file that knows what went into it."""

    def __init__(self, into: BinaryIO) -> None:
        self._into, self.digest, self.bytes = into, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.bytes += len(data)
        return self._into.write(data)

    def flush(self) -> None:
        self._into.flush()
