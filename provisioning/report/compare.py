"""Every template beside every other, in blocks: all pairs, in bounded memory, on all cores.

Any job runner can share the work: each takes a `Shard`, saves what it found, and `merge` gives what
one machine alone would have given.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    Pairs = npt.NDArray[Any]
    """(P,) of PAIR."""
    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]
    Templates = npt.NDArray[np.float16] | npt.NDArray[np.float32]
    Progress = Callable[[int, int], None]
    """Is told how many blocks are done, and of how many."""

BLOCK_ROWS = 2_048
"""A block of scores is 16 MB: little memory, and work enough for all cores."""
NEAREST = 8
"""Others that are kept of each subject; all are counted."""
TOP = 10
"""Highest scores against strangers that are kept of each template."""
UNSEEN = -2.0
"""Below every score: nothing was compared."""
PAIR = np.dtype([("first", np.int32), ("second", np.int32), ("score", np.float32)])
"""Two rows of different subjects: the most alike of these two."""
HELD_PAIRS = 4_000_000


@dataclass(frozen=True)
class People:
    """Templates, and whose each is."""

    templates: Templates = field(repr=False)
    """(N, D), rows of length 1."""
    owners: npt.NDArray[np.int32] = field(repr=False)
    """(N,), ascending from 0."""

    def __len__(self) -> int:
        return len(self.owners)

    @property
    def count(self) -> int:
        """How many people."""
        return int(self.owners[-1]) + 1 if len(self.owners) else 0

    def rows(self, part: slice) -> Floats:
        """Give some templates in single precision."""
        return np.asarray(self.templates[part], np.float32)

    def blocks(self) -> Sequence[slice]:
        """Cut into pieces; nobody is in two of them."""
        bounds = np.append(np.flatnonzero(np.diff(self.owners, prepend=-1)), len(self))
        cuts = [0]
        while cuts[-1] < len(self):
            last = np.searchsorted(bounds, cuts[-1] + BLOCK_ROWS, side="right") - 1
            # Whoever has more rows than a block holds gets one of his own.
            following = np.searchsorted(bounds, cuts[-1], side="right")
            cuts.append(int(bounds[max(last, following)]))
        return [slice(start, end) for start, end in pairwise(cuts)]


NOBODY = People(np.zeros((0, 1), np.float32), np.zeros(0, np.int32))


@dataclass(frozen=True)
class Shard:
    """Which part of the work: `index` of `count`, from 0."""

    index: int = 0
    count: int = 1


ALL = Shard()


@dataclass(frozen=True)
class Findings:
    """What comparing came to, of N templates; numbers of rows, and no template."""

    pairs: Pairs = field(repr=False)
    """The `NEAREST` others of each subject that reach the threshold."""
    within: Ints = field(repr=False)
    """(N,): how many other subjects of the list reach the threshold."""
    beyond: Ints = field(repr=False)
    """(N,): how many strangers do."""
    top: Floats = field(repr=False)
    """(N, TOP): the highest scores against strangers, ascending."""

    @classmethod
    def empty(cls, rows: int) -> Findings:
        """Begin with nothing compared."""
        counts = np.zeros((2, rows), np.int64)
        top = np.full((rows, TOP), UNSEEN, np.float32)
        return cls(np.zeros(0, PAIR), counts[0], counts[1], top)


def compare(
    listed: People,
    strangers: People,
    threshold: float,
    progress: Progress,
    shard: Shard = ALL,
) -> Findings:
    """Compare each template with those of all other subjects, and with all strangers.

    Args:
        listed: Who is on the list.
        strangers: Who is known not to be on it; `NOBODY` where there is no such set.
        threshold: What counts as alike.
        progress: Is told after each block.
        shard: Which part of the blocks to do.
    """
    found = Findings.empty(len(listed))
    work = list(_work(listed, strangers))[shard.index :: shard.count]
    held = [found.pairs]
    for done, (ours, theirs, inner) in enumerate(work, start=1):
        scores = listed.rows(ours) @ (listed if inner else strangers).rows(theirs).T
        if inner:
            held.append(_meet(scores, listed, ours, theirs, found.within, threshold))
        else:
            _mingle(scores, strangers.owners[theirs], ours, found, threshold)
        if sum(map(len, held)) > max(HELD_PAIRS, 4 * NEAREST * listed.count):
            held = [nearest(np.concatenate(held), listed.owners)]
        progress(done, len(work))
    pairs = nearest(np.concatenate(held), listed.owners)
    return Findings(pairs, found.within, found.beyond, found.top)


def _work(listed: People, strangers: People) -> Iterator[tuple[slice, slice, bool]]:
    blocks, others = listed.blocks(), strangers.blocks()
    for number, ours in enumerate(blocks):
        yield from ((ours, theirs, True) for theirs in blocks[number:])
        yield from ((ours, theirs, False) for theirs in others)


def _meet(
    scores: Floats, listed: People, ours: slice, theirs: slice, within: Ints, threshold: float
) -> Pairs:
    """Count who is alike in two blocks of the list, and give the best of each two subjects."""
    rows, columns = np.divmod(np.flatnonzero(scores >= threshold), scores.shape[1])
    reached = scores[rows, columns]
    rows, columns = rows + ours.start, columns + theirs.start
    # Of a block with itself this also leaves one of the two halves out.
    apart = listed.owners[rows] < listed.owners[columns]
    rows, columns, reached = rows[apart], columns[apart], reached[apart]
    _count(within, rows, listed.owners[columns])
    _count(within, columns, listed.owners[rows])
    order = np.lexsort((-reached, listed.owners[columns], listed.owners[rows]))
    pairs = np.zeros(len(order), PAIR)
    pairs["first"], pairs["second"], pairs["score"] = rows[order], columns[order], reached[order]
    first, second = listed.owners[pairs["first"]], listed.owners[pairs["second"]]
    new = np.diff(first, prepend=-1) != 0
    new |= np.diff(second, prepend=-1) != 0
    best: Pairs = pairs[new]
    return best


def _count(counts: Ints, rows: Ints, owners: npt.NDArray[np.int32]) -> None:
    """Add to each row how many different people it met."""
    met = np.unique(rows.astype(np.int64) << 32 | owners.astype(np.int64)) >> 32
    which, people = np.unique(met, return_counts=True)
    counts[which] += people


def _mingle(
    scores: Floats, owners: npt.NDArray[np.int32], ours: slice, found: Findings, threshold: float
) -> None:
    """Count the strangers who are alike, and keep the highest scores."""
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    if len(starts) < len(owners):
        scores = np.maximum.reduceat(scores, starts, axis=1)
    found.beyond[ours] += np.count_nonzero(scores >= threshold, axis=1)
    together = np.concatenate((found.top[ours], _above(scores, found.top[ours, 0])), axis=1)
    found.top[ours] = np.sort(together, axis=1)[:, -TOP:]


def _above(scores: Floats, bar: Floats) -> Floats:
    """Give each row's scores above its bar: few once a row has met some hundreds."""
    rows, columns = np.divmod(np.flatnonzero(scores > bar[:, None]), scores.shape[1])
    lengths = np.bincount(rows, minlength=len(scores))
    places = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    above = np.full((len(scores), lengths.max(initial=0)), UNSEEN, np.float32)
    above[rows, places] = scores[rows, columns]
    return above


def nearest(pairs: Pairs, owners: npt.NDArray[np.int32]) -> Pairs:
    """Keep a pair where one of the two is among the `NEAREST` of the other."""
    subjects = np.concatenate((owners[pairs["first"]], owners[pairs["second"]]))
    order = np.lexsort((-np.tile(pairs["score"], 2), subjects))
    begins = np.flatnonzero(np.diff(subjects[order], prepend=-1))
    lengths = np.diff(np.append(begins, len(order)))
    place = np.arange(len(order)) - np.repeat(begins, lengths)
    kept = np.unique(order[place < NEAREST] % max(len(pairs), 1))
    return pairs[kept]


def merge(parts: Sequence[Findings], listed: People) -> Findings:
    """Put the shards together; every one of them must be there."""
    whole = Findings.empty(len(listed))
    for part in parts:
        whole.within[:] += part.within
        whole.beyond[:] += part.beyond
        together = np.sort(np.concatenate((whole.top, part.top), axis=1), axis=1)
        whole.top[:] = together[:, -TOP:]
    pairs = nearest(np.concatenate([part.pairs for part in parts]), listed.owners)
    return Findings(pairs, whole.within, whole.beyond, whole.top)


def keep(found: Findings) -> bytes:
    """Write a shard down, for another machine to merge."""
    file = BytesIO()
    pairs = found.pairs.view(np.int32).reshape(-1, 3)
    np.savez(file, within=found.within, beyond=found.beyond, top=found.top, pairs=pairs)
    return file.getvalue()


def recall(data: bytes, listed: People) -> Findings:
    """Read a shard of this list.

    Raises:
        InputError: it is none.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    broken = suppress(ValueError, KeyError, OSError, EOFError, BadZipFile)
    with broken, np.load(BytesIO(data), allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    if not _fits(arrays, len(listed)):
        raise InputError("A shard is not one of this list.", mend="Compare it again.")
    pairs: Pairs = np.ascontiguousarray(arrays["pairs"]).view(PAIR).reshape(-1)
    return Findings(pairs, arrays["within"], arrays["beyond"], arrays["top"])


def _fits(arrays: Mapping[str, npt.NDArray[Any]], rows: int) -> bool:
    found = {name: (array.dtype.name, array.shape) for name, array in arrays.items()}
    count = arrays["pairs"].shape[:1] if "pairs" in arrays else ()
    wanted = {
        "within": ("int64", (rows,)),
        "beyond": ("int64", (rows,)),
        "top": ("float32", (rows, TOP)),
        "pairs": ("int32", (*count, 3)),
    }
    if found != wanted:
        return False
    named = arrays["pairs"][:, :2]
    return bool((named >= 0).all() and (named < rows).all())
