"""Runs an update or an end in a child that kills itself with SIGKILL at a given point.

`python -m tests.watchlist.mortal` answers one line of JSON for each line that it is given. It forks
for each, so that no interpreter has to start. A point is a line of ours that is about to run, or a
call into the kernel that Python's audit events name.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

from appliance.domain.ending import End
from appliance.watchlist.keyring import Keyring
from tests.watchlist.van import Van

OURS = ("disk.py", "ending.py", "generation.py", "keyring.py", "landing.py", "stick.py", "store.py")
LINES = tuple(f"appliance/watchlist/{name}" for name in (*OURS, "updater.py"))
NEVER = 10**9


class Countdown:
    """Counts points, and kills this process at one of them."""

    def __init__(self, at):
        self.at, self.seen = at, 0

    def point(self):
        self.seen += 1
        if self.seen == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def trace(self, frame, event, _):
        if not frame.f_code.co_filename.endswith(LINES):
            return None
        if event in ("line", "return"):
            self.point()
        return self.trace

    def audit(self, event, _):
        if event == "open" or event.startswith(("os.", "shutil.")):
            self.point()

    def start(self):
        sys.addaudithook(self.audit)
        sys.settrace(self.trace)


def act(order):
    """Do what is asked for: what `lfr update` or `lfr run` would do."""
    pinned = SimpleNamespace(pinned=Path(order["root"]).read_bytes())
    van = Van(Path(order["folder"]), pinned)
    van.now = datetime.fromisoformat(order["now"])
    van.destroyed = SimpleNamespace(append=Keyring(Path(order["keyring"])).destroy)
    if order["act"] == "update":
        van.update(order["stick"])
    else:
        {"close": lambda: van.finish(End.BUTTON), "swap": van.supersede, "sweep": van.sweep}[
            order["act"]
        ]()


def die(order, told):
    countdown = Countdown(order.get("at", NEVER))
    code = 1
    try:
        countdown.start()
        act(order)
        sys.settrace(None)
        os.write(told, b"%d" % countdown.seen)
        code = 0
    finally:
        os._exit(code)


def run(order):
    """Fork, and say how the child ended and how many points it passed."""
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        die(order, told)
    os.close(told)
    if "after_s" in order:
        done, _, _ = select.select([heard], [], [], order["after_s"])
        if not done:
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(heard, "rb") as pipe:
        return {"code": os.waitstatus_to_exitcode(status), "points": int(pipe.read() or 0)}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()
