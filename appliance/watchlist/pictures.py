"""What the thumbnails of a bundle say of themselves, read without unpacking one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.domain.watchlist import MAX_JPEG_BYTES

if TYPE_CHECKING:
    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]
    Places = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

MOST_PX = 1_000_000
"""A picture of a few bytes may declare far more, and would fill a tablet's memory."""
MOST_SEGMENTS = 64
AT_ONCE = 65_536
LEAST_LENGTH = 2
"""A segment's length counts itself."""
START, SCAN = (0xFF, 0xD8), 0xDA
FRAMES = (0xC0, 0xC1, 0xC2)
"""Baseline, extended and progressive (ITU T.81): what every browser unpacks."""
BETWEEN = (0xC4, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE)
"""Tables, restart interval, application's own, comment."""


def fault(blob: Bytes, ends: Places) -> str:
    """Say what is wrong with JPEG files that lie one after another; empty where nothing is.

    Args:
        blob: The files.
        ends: (N,) where each of them ends.
    """
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
    if not len(ends) or ends[-1] != len(blob) or not bool(np.all(starts < ends)):
        return "not in order"
    if bool(np.any(ends - starts > MAX_JPEG_BYTES)):
        return "one is too large"
    for first in range(0, len(ends), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        found = _walk(blob, starts[some], ends[some])
        if found:
            return found
    return ""


def _walk(blob: Bytes, starts: Places, ends: Places) -> str:
    """Go through the segments of many files side by side, from each start to its first scan."""
    if not bool(np.all(starts + 4 <= ends)) or not _begin(blob, starts):
        return "one is not a JPEG"
    at, framed = starts + len(START), np.zeros(len(ends), bool)
    for _ in range(MOST_SEGMENTS):
        if not bool(np.all(at + 4 <= ends)) or not bool(np.all(blob[at] == START[0])):
            return "one is not a JPEG"
        kinds, lengths = blob[at + 1], _pair(blob, at + 2)
        frames, scans = np.isin(kinds, FRAMES), kinds == SCAN
        known = frames | scans | np.isin(kinds, BETWEEN)
        # A second frame could be larger than the first, and decoders differ in which they take.
        whole = known & (lengths >= LEAST_LENGTH) & ~(frames & framed) & (framed | ~scans)
        if not bool(np.all(whole)):
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
    if not bool(np.all(at + 9 <= ends)):
        return "one is not a JPEG"
    area_px = _pair(blob, at + 5) * _pair(blob, at + 7)
    # A height of nothing is to be told later in the file, where nobody has looked.
    lawful = (area_px > 0) & (area_px <= MOST_PX)
    return "" if bool(np.all(lawful)) else "one would unpack into too large a picture"


def _pair(blob: Bytes, at: Places) -> Places:
    """Read a number of two bytes at each place."""
    return blob[at].astype(np.int64) << 8 | blob[at + 1]
