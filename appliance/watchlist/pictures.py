"""What the thumbnails of a bundle say of themselves, read without unpacking one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.domain.watchlist import MAX_JPEG_BYTES

if TYPE_CHECKING:
    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]
    Places = npt.NDArray[np.int64]

MOST_PX = 1_000_000
"""A picture of a few bytes may declare far more, and would fill a tablet's memory."""
MOST_SEGMENTS = 64
AT_ONCE = 65_536
LEAST_LENGTH = 2
"""A segment's length counts itself."""
START = (0xFF, 0xD8)
NOTHING, BETWEEN, FRAME, SCAN = range(4)
"""Kinds of segments; a decoder needs one frame, which says the size, and then a scan."""


def _kinds() -> Bytes:
    """Name the segments that may stand before a scan (ITU T.81, table B.1)."""
    kinds = np.full(256, NOTHING, np.uint8)
    # Tables, restart interval, applications' own, comment.
    kinds[[0xC4, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE]] = BETWEEN
    # Baseline, extended and progressive: what every browser unpacks.
    kinds[[0xC0, 0xC1, 0xC2]] = FRAME
    kinds[0xDA] = SCAN
    return kinds


KINDS = _kinds()


def fault(blob: Bytes, ends: Places) -> str:
    """Say what is wrong with JPEG files that lie one after another; empty where nothing is.

    Args:
        blob: The files.
        ends: (N,) where each of them ends.
    """
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
    if not len(ends) or ends[-1] != len(blob) or not (starts < ends).all():
        return "not in order"
    if (ends - starts > MAX_JPEG_BYTES).any():
        return "one is too large"
    for first in range(0, len(ends), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        found = _walk(blob, starts[some], ends[some])
        if found:
            return found
    return ""


def _walk(blob: Bytes, starts: Places, ends: Places) -> str:
    """Go through the segments of many files side by side, from each start to its first scan."""
    if not (starts + 4 <= ends).all() or not _begin(blob, starts):
        return "one is not a JPEG"
    at, framed = starts + len(START), np.zeros(len(ends), bool)
    for _ in range(MOST_SEGMENTS):
        if not (at + 4 <= ends).all() or not (blob[at] == START[0]).all():
            return "one is not a JPEG"
        kinds, lengths = KINDS[blob[at + 1]], _pair(blob, at + 2)
        frames, scans = kinds == FRAME, kinds == SCAN
        # A second frame could be larger than the first, and decoders differ in which they take.
        wrong = (
            (kinds == NOTHING) | (lengths < LEAST_LENGTH) | (frames & framed) | (scans & ~framed)
        )
        if wrong.any():
            return "one is not a JPEG"
        odd = _frame_fault(blob, at[frames], ends[frames])
        if odd:
            return odd
        at, framed = at + 2 + lengths, framed | frames
        at, ends, framed = at[~scans], ends[~scans], framed[~scans]
        if not len(at):
            return ""
    return "one is not a JPEG"


def _begin(blob: Bytes, starts: Places) -> bool:
    return bool(np.all(blob[starts] == START[0]) and np.all(blob[starts + 1] == START[1]))


def _frame_fault(blob: Bytes, at: Places, ends: Places) -> str:
    if not (at + 9 <= ends).all():
        return "one is not a JPEG"
    area_px = _pair(blob, at + 5) * _pair(blob, at + 7)
    # A height of nothing is to be told later in the file, where nobody has looked.
    lawful = (area_px > 0) & (area_px <= MOST_PX)
    return "" if lawful.all() else "one would unpack into too large a picture"


def _pair(blob: Bytes, at: Places) -> Places:
    """Read a number of two bytes at each place."""
    return blob[at].astype(np.int64) << 8 | blob[at + 1]
