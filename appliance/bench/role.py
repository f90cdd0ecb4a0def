"""What each process of `lfr bench alert` is told, and how it says what happens."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TextIO


@dataclass(frozen=True)
class Mouth:
    """Says one JSON object a line; any thread may."""

    out: TextIO
    lock: Lock

    def say(self, **told: object) -> None:
        """Say it at once: whoever is killed next has said it."""
        with self.lock:
            self.out.write(json.dumps(told) + "\n")
            self.out.flush()


class Role(Protocol):
    """What a process does, from its configuration and a mouth."""

    def run(self, ended: Event) -> None:
        """Do it until it is ended."""
        ...


def script() -> tuple[Mapping[str, Any], Mouth]:
    """Read the configuration that the command line names, and speak on standard output."""
    return json.loads(Path(sys.argv[1]).read_text()), Mouth(sys.stdout, Lock())


def play(cast: Callable[[Mapping[str, Any], Mouth], Role]) -> None:
    """Play a role as `python -m MODULE CONFIG`, until there are no more orders."""
    ended = Event()
    Thread(target=_await_end, args=(sys.stdin, ended), daemon=True).start()
    cast(*script()).run(ended)


def _await_end(orders: TextIO, ended: Event) -> None:
    orders.read()
    ended.set()
