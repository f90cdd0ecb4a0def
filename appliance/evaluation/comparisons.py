"""Every picture compared with every other, in blocks: bounded memory, whatever the number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from appliance.evaluation.cohort import Cohort

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]
    Tail = npt.NDArray[Any]
    """(T,) of PAIR."""
    Step = Callable[[int, int], None]
    """Is told how many blocks are done, and of how many."""

BLOCK_ROWS = 2_048
BINS = 8_192
"""Of the histogram, from -1 to 1."""
TAIL = 2e-3
"""Share of the non-mated comparisons of which each is kept: twice the highest FMR that is told."""
TOO_MANY = 2e-2
FEWEST_PAIRS = 100_000
PAIR = np.dtype([("first", np.int64), ("second", np.int64), ("score", np.float32)])
"""Two subjects, and how alike two of their pictures are."""


@dataclass(frozen=True)
class Comparisons:
    """All mated scores, and of the non-mated the highest; nobody's template."""

    mated: Floats = field(repr=False)
    """(M,), ascending."""
    mated_of: Ints = field(repr=False)
    """(M,): whose."""
    tail: Tail = field(repr=False)
    """Descending: every non-mated score that reaches `bar`."""
    bar: float
    histogram: Ints = field(repr=False)
    """(BINS,): all non-mated scores."""
    pictures: Ints = field(repr=False)
    """(S,): templates of each subject."""
    attempted: Ints = field(repr=False)
    """(S,): mated comparisons, had every picture given a template."""

    @property
    def non_mated(self) -> int:
        """How many non-mated comparisons."""
        return int(self.histogram.sum())


def compare(cohort: Cohort, threshold: float, step: Step) -> Comparisons:
    """Compare all pictures that gave a template.

    Args:
        cohort: Whose.
        threshold: In operation; every non-mated score that reaches it is kept.
        step: Is told after each block.

    Raises:
        InputError: there is nothing to compare, or strangers reach the threshold in masses.
    """
    templates, owners = cohort.templates[cohort.acquired], cohort.owners[cohort.acquired]
    blocks = list(_blocks(len(owners)))
    histogram = np.zeros(BINS, np.int64)
    mated: list[Floats] = []
    mated_of: list[Ints] = []
    for done, (ours, theirs) in enumerate(blocks, start=1):
        scores, same, apart = _meet(templates, owners, ours, theirs)
        histogram += np.bincount(_bin(scores[apart]), minlength=BINS)
        rows, _ = np.nonzero(same)
        mated.append(scores[same])
        mated_of.append(owners[rows + ours.start])
        step(done, 2 * len(blocks))
    bar = _bar(histogram, threshold)
    kept = [_above(templates, owners, block, bar) for block in _told(blocks, step)]
    tail = np.sort(np.concatenate(kept), order="score")[::-1]
    scores, whose = np.concatenate(mated), np.concatenate(mated_of)
    order = np.argsort(scores, kind="stable")
    pictures = np.bincount(owners, minlength=cohort.subjects)
    every = np.bincount(cohort.owners, minlength=cohort.subjects)
    attempted = every * (every - 1) // 2
    return Comparisons(scores[order], whose[order], tail, bar, histogram, pictures, attempted)


def survival(histogram: Ints) -> tuple[Floats, npt.NDArray[np.float64]]:
    """Give the lower edges of the bins, and the share of scores that reach each."""
    reached = np.cumsum(histogram[::-1])[::-1]
    edges = np.linspace(-1, 1, BINS, endpoint=False, dtype=np.float32)
    return edges, reached / max(int(histogram.sum()), 1)


def _blocks(rows: int) -> Iterator[tuple[slice, slice]]:
    parts = [slice(at, min(at + BLOCK_ROWS, rows)) for at in range(0, rows, BLOCK_ROWS)]
    for number, ours in enumerate(parts):
        yield from ((ours, theirs) for theirs in parts[number:])


def _told(blocks: list[tuple[slice, slice]], step: Step) -> Iterator[tuple[slice, slice]]:
    for done, block in enumerate(blocks, start=1):
        yield block
        step(len(blocks) + done, 2 * len(blocks))


def _meet(
    templates: Floats, owners: Ints, ours: slice, theirs: slice
) -> tuple[Floats, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Score two blocks, and tell mated pairs from others; each pair once."""
    scores = np.clip(templates[ours] @ templates[theirs].T, -1, 1)
    once = np.arange(ours.start, ours.stop)[:, None] < np.arange(theirs.start, theirs.stop)
    same = owners[ours][:, None] == owners[theirs]
    return scores, same & once, ~same & once


def _bin(scores: Floats) -> Ints:
    return np.minimum(((scores + 1) * (BINS / 2)).astype(np.int64), BINS - 1)


def _bar(histogram: Ints, threshold: float) -> float:
    """Choose from where on each score is kept."""
    if not histogram.sum():
        mend = "Give pictures of more people."
        raise InputError("There are no two pictures of different subjects.", mend=mend)
    edges, share = survival(histogram)
    reached = float(share[np.searchsorted(edges, threshold, side="right") - 1])
    if reached > TOO_MANY and reached * histogram.sum() > FEWEST_PAIRS:
        fault = f"Of the strangers, {reached:.0%} reach the threshold of {threshold}."
        raise InputError(fault, mend="Raise --threshold.")
    return min(float(edges[np.argmax(share <= TAIL) - 1]), threshold)


def _above(templates: Floats, owners: Ints, block: tuple[slice, slice], bar: float) -> Tail:
    ours, theirs = block
    scores, _, apart = _meet(templates, owners, ours, theirs)
    rows, columns = np.nonzero(apart & (scores >= bar))
    pairs = np.zeros(len(rows), PAIR)
    pairs["first"], pairs["second"] = owners[rows + ours.start], owners[columns + theirs.start]
    pairs["score"] = scores[rows, columns]
    return pairs
