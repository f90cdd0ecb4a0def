"""What the libraries below keep of a search, once its probes are overwritten."""

import os
import subprocess
import sys

import numpy as np
import pytest

from appliance.audit import memory
from appliance.audit.sieve import Needle, Sieve
from tests.needles import OVERWRITING

DIMENSION, PIECE = 256, 8
SEARCH = """
import sys
import numpy as np
from appliance.host.gallery import Gallery

def rows(count, seed):
    made = np.random.default_rng(seed).standard_normal((count, 256), np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made

gallery = Gallery()
gallery.load(rows(5000, 1))
# Twice its seed and one: nothing that it is told says what it makes.
probes = rows(int(sys.argv[1]), 2 * int(sys.argv[2]) + 1)
gallery.search(probes)
if len(sys.argv) == 3:
    probes.fill(0)
print("searched", flush=True)
sys.stdin.readline()
"""


def needles(probes):
    """Pieces along each probe, and across all of them, as a product of matrices would pack them."""
    along = [row[i : i + PIECE] for row in probes for i in range(0, DIMENSION, PIECE)]
    across = [probes[start : start + 4, i] for start in (0, 4) for i in range(DIMENSION)]
    pieces = [*along, *(piece for piece in across if len(piece) == 4)]
    return [Needle(i, "probe", piece.tobytes()) for i, piece in enumerate(pieces)]


def found_after(count, *kept):
    made = np.random.default_rng(2 * 77 + 1).standard_normal((count, DIMENSION), np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    with subprocess.Popen(
        [sys.executable, "-c", SEARCH, str(count), "77", *kept],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **OVERWRITING},
    ) as process:
        assert process.stdout.readline() == b"searched\n"
        found = memory.search(process.pid, Sieve(needles(made)))
        process.communicate(b"\n")
    assert process.returncode == 0
    return found


@pytest.mark.parametrize("count", [1, 4, 8])
def test_of_probes_that_were_searched_and_overwritten_nothing_is_left(count):
    assert found_after(count) == set()


def test_probes_that_are_kept_are_found():
    assert found_after(1, "kept")
