"""However the van dies, what was confirmed is in its log, and the log goes on."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from tests.oversight.log.conftest import look, make_entries

ROOT = Path(__file__).parents[3]
KILLS, SEED = 200, "6"


def test_no_confirmed_entry_is_lost_to_any_of_two_hundred_kills(folder):
    command = [sys.executable, "-m", "tests.oversight.log.scribe", str(folder), str(KILLS), SEED]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    ends = [tuple(map(int, line.split())) for line in told.splitlines()]
    assert len(ends) == KILLS
    assert all(held >= confirmed for confirmed, held in ends)
    assert all(this[1] < after[0] for this, after in pairwise(ends))
    assert look(folder) == make_entries(ends[-1][1])
