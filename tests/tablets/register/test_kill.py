"""However the van dies, what it has confirmed is on its disk, and what is repeated counts once."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.tablets.course import MOST_ANSWERS
from appliance.tablets.register import Register
from provisioning.trial import make_roster
from tests.tablets.events import as_bytes
from tests.tablets.scribe import ALERTS
from tests.tablets.signing import Pen

ROOT = Path(__file__).parents[3]
ROUNDS, ANSWERS = 5, 40


def live(folder, messages, confirmed):
    """Have a process take answers, and kill it when it has confirmed so many of them."""
    command = [sys.executable, "-m", "tests.tablets.scribe", str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        feed = b"".join(as_bytes(message) + b"\n" for message in messages)
        # A pipe may hold less than all of it, and a killed process reads no more.
        feeder = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"],
            stdin=subprocess.PIPE,
            stdout=process.stdin,
            stderr=subprocess.DEVNULL,
        )
        process.stdin.close()
        feeder.stdin.write(feed)
        feeder.stdin.close()
        heard = [process.stdout.readline().decode().strip() for _ in range(confirmed)]
        process.send_signal(signal.SIGKILL)
        heard += [line.decode().strip() for line in process.stdout if line.endswith(b"\n")]
        feeder.wait()
    return [one for one in heard if one]


@pytest.mark.parametrize("seed", [5])
def test_no_confirmed_answer_is_lost_to_a_kill_and_none_counts_twice(tmp_path, force, clock, seed):
    dice = random.Random(seed)
    trial = make_roster(tmp_path, ["tablet-7"], force)
    pen = Pen("tablet-7", trial.tablets["tablet-7"].signing)
    assert ROUNDS * ANSWERS < ALERTS * MOST_ANSWERS
    every, confirmed = {}, set()
    for _ in range(ROUNDS):
        fresh = [pen.decide(alert_id=f"alert-{one % ALERTS + 1}") for one in range(ANSWERS)]
        every |= {message["id"]: message for message in fresh}
        # As a page does: what is not confirmed goes again, and here some that is.
        again = [every[one] for one in every if one not in confirmed or dice.random() < 0.2]
        confirmed |= set(live(tmp_path, again, dice.randrange(1, ANSWERS)))
        register = Register(tmp_path / "ledger", clock)
        entries = [register.entry(f"alert-{number}") for number in range(1, ALERTS + 1)]
        kept = [one.id for entry in entries for one in entry.answers]
        assert confirmed <= set(kept)
        assert len(kept) == len(set(kept))
    left = [every[one] for one in every if one not in confirmed]
    confirmed |= set(live(tmp_path, left, len(left)))
    lines = (tmp_path / "ledger" / "deployment-3.jsonl").read_bytes().splitlines()
    assert confirmed == set(every)
    assert len(lines) == ALERTS + len(every)
