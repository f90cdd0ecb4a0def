"""A process that leaves entries for a log, and one that takes them over, until they are killed."""

import os
import random
import signal
import sys
from pathlib import Path

from appliance.oversight.entries import Forgotten, entry
from appliance.oversight.log import open_log
from appliance.oversight.spool import Spool
from tests.oversight.log.conftest import make_pen

MOST_LINES, MOST_SPINS = 6, 60_000


def drop(folder, out):
    """Leave entries for ever, and say each that is safe."""
    spool = Spool(folder / "spool")
    while True:
        said = entry("van", Forgotten(of="faces", count=1))
        spool.drop(said)
        os.write(out, f"{said.id}\n".encode())


def take(folder, out):
    """Take over for ever, and say each time that it has."""
    spool = Spool(folder / "spool")
    with open_log(folder / "log", make_pen()) as log:
        while True:
            spool.take(log)
            os.write(out, b"taken\n")


def live(act, folder, dice):
    """Let one act for a while and kill it, wherever it is; give what it has said."""
    there, out = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(there)
        act(folder, out)
    os.close(out)
    with os.fdopen(there, "rb") as told:
        said = [told.readline() for _ in range(dice.randrange(1, MOST_LINES))]
        for _ in range(dice.randrange(MOST_SPINS)):
            pass
        os.kill(child, signal.SIGKILL)
        said += told.read().split(b"\n")[:-1]
    os.waitpid(child, 0)
    return [line.decode().strip() for line in said]


if __name__ == "__main__":
    place, kills, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(sys.argv[3])
    for _ in range(kills):
        sys.stdout.writelines(f"{one}\n" for one in live(drop, place, chance))
        live(take, place, chance)
    last = Spool(place / "spool")
    with open_log(place / "log", make_pen()) as held:
        while any(file.suffix == ".json" for file in (place / "spool").iterdir()):
            last.take(held)
