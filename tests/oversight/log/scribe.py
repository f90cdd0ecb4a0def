"""Processes that append to a log until they are killed, one after the other."""

import os
import random
import signal
import sys
from pathlib import Path

from appliance.oversight.log import open_log
from tests.oversight.log.conftest import make_entries, make_pen

MOST_LINES, MOST_SPINS = 8, 20_000


def write(folder, out):
    """Append for ever, and say after each time how much is on the disk."""
    with open_log(folder, make_pen()) as log:
        while True:
            size = log.checkpoint.size
            log.append(make_entries(size + size % 7 + 1, begin=size))
            os.write(out, f"{log.checkpoint.size}\n".encode())


def live(folder, dice):
    """Let one write for a while and kill it, wherever it is; give the last size it confirmed."""
    there, out = os.pipe()
    writer = os.fork()
    if writer == 0:
        os.close(there)
        write(folder, out)
    os.close(out)
    with os.fdopen(there, "rb") as told:
        said = [told.readline() for _ in range(dice.randrange(1, MOST_LINES))]
        for _ in range(dice.randrange(MOST_SPINS)):
            pass
        os.kill(writer, signal.SIGKILL)
        said += told.read().split(b"\n")[:-1]
    os.waitpid(writer, 0)
    return int(said[-1])


if __name__ == "__main__":
    place, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    chance = random.Random(seed)
    for _ in range(kills):
        confirmed = live(place, chance)
        with open_log(place, make_pen()) as held:
            sys.stdout.write(f"{confirmed} {held.checkpoint.size}\n")
