"""A process that takes answers as `lfr run` does, and says each that it has."""

import sys
from pathlib import Path

from appliance.tablets import wire
from appliance.tablets.envelope import parse
from appliance.tablets.register import Register
from tests.tablets.conftest import Clock

if __name__ == "__main__":
    register = Register(Path(sys.argv[1]), Clock())
    for line in sys.stdin.buffer:
        payload = line.strip()
        said = parse(wire.DecisionEvent, payload).decision("tablet-7", payload)
        register.take(said)
        sys.stdout.write(f"{said.id}\n")
        sys.stdout.flush()
