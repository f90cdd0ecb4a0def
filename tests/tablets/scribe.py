"""A process that takes answers from its standard input and confirms them, until it is killed."""

import sys
from pathlib import Path

from tests.tablets.bureau import Bureau
from tests.tablets.conftest import Clock

ALERTS = 8

if __name__ == "__main__":
    bureau = Bureau(Path(sys.argv[1]), Clock())
    for number in range(1, ALERTS + 1):
        bureau.send(f"alert-{number}")
    for line in sys.stdin.buffer:
        bureau.line.bring("decision", line)
        for _, data, _ in bureau.line.said:
            # One write, so that nothing is confirmed by halves.
            sys.stdout.buffer.write(f"{data['decision_id']}\n".encode())
            sys.stdout.buffer.flush()
        bureau.line.said.clear()
