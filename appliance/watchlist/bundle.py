"""The watchlist as bytes: a safetensors file of nine arrays whose header has one spelling only.

expires         int64 (S,)      when each entry ends, in seconds since 1970
record_ends     int64 (S,)      where each record ends
thumbnail_ends  int64 (N,)      where each picture ends
owners          int32 (N,)      which subject each row is of, in order, 1 to 3 rows each
templates       float16 (N, D)  one row of length 1 for each image, which may be alike
commitments     uint8 (S, 32)   by which the public log knows each entry
head            uint8 (J,)      what holds for the whole list, as JSON
records         uint8 (R,)      the subjects, each as JSON, one after another
thumbnails      uint8 (B,)      the images' JPEG files, one after another

S subjects, N images. The order is the library's own: every array lies at a multiple of its type.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from pydantic import ValidationError
from typing_extensions import override

from appliance.domain.watchlist import (
    MAX_IMAGES,
    MEND,
    Head,
    Subject,
    Watchlist,
    require_lawful,
)
from appliance.errors import InputError, TrustError
from appliance.watchlist import pictures
from appliance.watchlist.outline import (
    KINDS,
    LENGTH_BYTES,
    MOST_RECORD_BYTES,
    Sizes,
    header,
    require,
    stream,
)
from appliance.watchlist.refusals import parse, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt
    from typing_extensions import Buffer

    from appliance.watchlist.trust import Promise

    Bytes = npt.NDArray[np.uint8]
    Places = npt.NDArray[np.int64]
    Owners = npt.NDArray[np.int32]

__all__ = ["Sizes", "Subjects", "check", "header", "pack", "stream", "view"]

SHAPE = re.compile(rb'"(\w+)":\{"dtype":"\w+","shape":\[(\d{1,12})(?:,(\d{1,12}))?\]')
MOST_HEADER_BYTES = 2_048
FIRST_YEAR = 1970
LENGTH_TOLERANCE = 1e-3
"""Half precision moves a template's length by less than 0.0005."""
ROWS_AT_ONCE = 4_096


@dataclass(frozen=True, repr=False, eq=False)
class Subjects(Sequence[Subject]):
    """A bundle's subjects; each is read, with its pictures, at the moment that it is asked for."""

    records: Bytes
    record_ends: Places
    thumbnails: Bytes
    thumbnail_ends: Places
    owners: Owners

    @override
    def __len__(self) -> int:
        return len(self.record_ends)

    @overload
    def __getitem__(self, number: int) -> Subject: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[Subject]: ...

    @override
    def __getitem__(self, number: int | slice) -> Subject | Sequence[Subject]:
        """Read one, or some.

        Raises:
            IndexError: there is no such subject.
            InputError: its record is damaged, or was erased.
        """
        if isinstance(number, slice):
            return [self._whole(each) for each in range(len(self))[number]]
        return self._whole(range(len(self))[number])

    def text(self, number: int) -> Subject:
        """Read a record without its pictures.

        Raises:
            InputError: it is damaged, or was erased.
        """
        start = self.record_ends[number - 1] if number else 0
        data = self.records[start : self.record_ends[number]].tobytes()
        try:
            # Nobody but this reads a record, so that what stands twice cannot be read in two ways.
            return Subject.model_validate_json(data)
        except ValidationError as error:
            raise refusal(error, "The watchlist, a record") from None

    def _whole(self, number: int) -> Subject:
        subject = self.text(number)
        # Of the owners' own type: NumPy would otherwise copy all of them for one search.
        first = int(np.searchsorted(self.owners, np.int32(number)))
        shown = [
            image.model_copy(update={"jpeg": self._jpeg(first + place)})
            for place, image in enumerate(subject.images)
        ]
        return subject.model_copy(update={"images": tuple(shown)})

    def _jpeg(self, row: int) -> bytes:
        require(row < len(self.thumbnail_ends), "owners", "not those of the records")
        start = self.thumbnail_ends[row - 1] if row else 0
        return self.thumbnails[start : self.thumbnail_ends[row]].tobytes()


def pack(watchlist: Watchlist) -> bytes:
    """Write a list that fits into memory twice; templates lose what half precision cannot hold."""
    subjects = list(watchlist.subjects)
    texts = [subject.model_dump_json().encode() for subject in subjects]
    jpegs = [image.jpeg for subject in subjects for image in subject.images]
    head = watchlist.head.text
    arrays: dict[str, Any] = {
        "expires": watchlist.expires,
        "record_ends": np.cumsum([len(text) for text in texts]),
        "thumbnail_ends": np.cumsum([len(jpeg) for jpeg in jpegs]),
        "owners": watchlist.owners,
        "templates": watchlist.templates,
        "commitments": watchlist.commitments,
    }
    parts = {name: [np.asarray(a).astype(KINDS[name][1]).tobytes()] for name, a in arrays.items()}
    rows, dimension = watchlist.templates.shape
    sizes = Sizes(
        len(head), len(texts), rows, dimension, sum(map(len, texts)), sum(map(len, jpegs))
    )
    with stream(sizes, {**parts, "head": [head], "records": texts, "thumbnails": jpegs}) as opened:
        return opened.read()


def view(buffer: Buffer, release: Callable[[], None] | None = None) -> Watchlist:
    """Read a list where it lies: nothing is copied, and no more than its head is parsed.

    Args:
        buffer: A whole bundle; it must not change for as long as the list is used.
        release: Overwrites it and gives it back, when the list is erased.

    Raises:
        InputError: header or head is not lawful.
    """
    whole = memoryview(buffer).cast("B")
    sizes, at = _sizes(whole)
    arrays: dict[str, npt.NDArray[Any]] = {}
    shapes = sizes.shapes()
    for name, length in sizes.lengths().items():
        flat = np.frombuffer(whole[at : at + length], KINDS[name][1])
        arrays[name], at = flat.reshape(shapes[name]), at + length
    names = ("records", "record_ends", "thumbnails", "thumbnail_ends", "owners")
    subjects = Subjects(*(arrays[name] for name in names))
    head = parse(Head, arrays["head"].tobytes(), "The watchlist, head")
    templates, owners, expires = arrays["templates"], arrays["owners"], arrays["expires"]
    opened = Watchlist(head, subjects, templates, owners, expires, arrays["commitments"])
    return replace(opened, release=release) if release else opened


def _sizes(whole: memoryview) -> tuple[Sizes, int]:
    """Read the sizes, and where the arrays begin; every other byte of the header is known."""
    length = int.from_bytes(whole[:LENGTH_BYTES], "little")
    at = LENGTH_BYTES + length
    require(at <= len(whole) and length <= MOST_HEADER_BYTES, "header", "not that of a list")
    given = bytes(whole[:at])
    shapes = {name: (first, second) for name, first, second in SHAPE.findall(given)}
    try:
        rows, dimension = map(int, shapes[b"templates"])
        wanted = (b"records", b"thumbnails")
        record_bytes, thumbnail_bytes = (int(shapes[name][0]) for name in wanted)
        head_bytes, subjects = int(shapes[b"head"][0]), int(shapes[b"expires"][0])
    except (KeyError, ValueError):
        raise InputError("The watchlist, header: not that of a list.", mend=MEND) from None
    sizes = Sizes(head_bytes, subjects, rows, dimension, record_bytes, thumbnail_bytes)
    # A key that stands twice, a hole, an overlap, another order or type: all of it differs here.
    require(given == header(sizes), "header", "not written in the one way that was agreed")
    sizes.require_bounded()
    require(len(whole) - at == sum(sizes.lengths().values()), "size", "not as the header says")
    return sizes, at


def check(watchlist: Watchlist, promise: Promise) -> None:
    """Examine every row, record and picture of a list that was opened with `view`.

    Args:
        watchlist: The list.
        promise: What was signed about it.

    Raises:
        InputError: it is damaged, or an entry is not lawful.
        TrustError: it is not what was promised.
    """
    subjects = watchlist.subjects
    if not isinstance(subjects, Subjects):
        raise TypeError("only a list that lies in a bundle can be examined")
    _require_promised(watchlist, promise)
    # An entry's end is counted from 1970, and a day later there must still be a date.
    require(FIRST_YEAR <= watchlist.head.made_at.year < MAXYEAR, "head", "made in no year of ours")
    counts = _counts(watchlist.owners, len(subjects))
    _require_records(subjects)
    _require_unique(watchlist.commitments)
    _require_normal(watchlist.templates)
    fault = pictures.fault(subjects.thumbnails, subjects.thumbnail_ends)
    require(not fault, "thumbnails", fault)
    require_lawful(watchlist.head, _read(subjects, counts, watchlist.expires))


def _require_promised(watchlist: Watchlist, promise: Promise) -> None:
    head = watchlist.head
    found = (head.watchlist_id, head.model_id, head.made_at, head.expires_at)
    signed = (promise.watchlist_id, promise.model_id, promise.made_at, promise.expires_at)
    counts = (len(watchlist.subjects), len(watchlist.templates))
    if found != signed or counts != (promise.subjects, promise.templates):
        raise TrustError("The watchlist is not what was signed for.", mend=MEND)


def _counts(owners: Owners, subjects: int) -> list[int]:
    """Count each subject's rows."""
    steps = np.diff(owners)
    follows = owners[0] == 0 and owners[-1] == subjects - 1 and bool(np.all((steps | 1) == 1))
    require(follows, "owners", "not in order")
    counts = np.bincount(owners, minlength=subjects)
    require(int(counts.max()) <= MAX_IMAGES, "owners", "one has too many images")
    return [int(count) for count in counts]


def _require_records(subjects: Subjects) -> None:
    ends = subjects.record_ends
    lengths = np.diff(ends, prepend=np.int64(0))
    # A difference may turn over; where every end lies between the ones beside it, none does.
    rises = ends[0] > 0 and bool(np.all(ends[1:] > ends[:-1])) and ends[-1] == len(subjects.records)
    require(rises, "record_ends", "not in order")
    require(int(lengths.max()) <= MOST_RECORD_BYTES, "records", "one is too long")


def _require_unique(commitments: Bytes) -> None:
    rows = commitments.tobytes()
    size = commitments.shape[1]
    different = {rows[at : at + size] for at in range(0, len(rows), size)}
    require(len(different) == len(commitments), "commitments", "one stands twice")


def _require_normal(templates: npt.NDArray[Any]) -> None:
    for first in range(0, len(templates), ROWS_AT_ONCE):
        rows = templates[first : first + ROWS_AT_ONCE].astype(np.float32)
        squares = np.einsum("ij,ij->i", rows, rows)
        # A comparison with what is not a number is false, so that NaN is refused too.
        whole = bool(np.all(np.abs(np.sqrt(squares) - 1) < LENGTH_TOLERANCE))
        require(whole, "templates", "one has not the length 1")


def _read(subjects: Subjects, counts: list[int], expires: Places) -> Iterator[Subject]:
    for number, (count, ends_s) in enumerate(zip(counts, expires.tolist(), strict=True)):
        subject = subjects.text(number)
        require(len(subject.images) == count, "owners", "not those of the records")
        kept = int(subject.expires_at.timestamp()) == ends_s
        require(kept, "expires", "not those of the records")
        yield subject
