"""What numpy keeps of small arrays that are gone, to lend it again; it never clears it."""

from __future__ import annotations

import numpy as np

SMALL_BYTES = 1024
"""Longer arrays go back to the C library (numpy/_core/src/multiarray/alloc.c, NBUCKETS)..."""
KEPT = 7
"""...and of shorter ones so many of each length are kept (NCACHE), by each thread for itself."""
STEP_BYTES = 4
"""What is of a face is made of numbers of four bytes or more."""


def sweep() -> None:
    """Overwrite all that this thread keeps with zeros.

    Landmarks and boxes pass through dozens of small arrays, more than anybody could erase by name.
    """
    for length in range(STEP_BYTES, SMALL_BYTES, STEP_BYTES):
        # As many at once as there may be, or the same one would be cleared again and again.
        _ = [np.zeros(length, np.uint8) for _ in range(KEPT)]
