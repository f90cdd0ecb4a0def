"""Pictures looked at, in as many processes as there are cores, or remembered from another run."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from appliance.errors import InputError
from appliance.evaluation.gaze import FAILURES, UNREADABLE
from appliance.evaluation.shelf import Look
from provisioning.enrol.pictures import read
from provisioning.enrol.workers import Crew, look_here

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from appliance.evaluation.shelf import Shelf
    from provisioning.enrol.studio import Answer, Task

    Looking = Callable[[Iterable[Task]], Iterator[Answer]]

BATCH = 256
"""Pictures whose looks are written down together: so many at most are looked at twice."""
WORTH_A_CORE = 32


@dataclass(frozen=True)
class Lookout:
    """Who looks, what is believed of an answer, and who is told of each picture."""

    looking: Looking
    believe: Callable[[Answer], Look]
    step: Callable[[], None]


def look_over(
    tasks: Sequence[Task], sums: Sequence[str | None], shelf: Shelf, lookout: Lookout
) -> list[Look]:
    """Give a look for each task, in order.

    Args:
        tasks: What to look at.
        sums: Of the bytes of each picture, by `sum_of`.
        shelf: What came of pictures before, and where what comes of them now is kept.
        lookout: Who looks at those that are not there.
    """
    looks = [shelf.find(sha256) if sha256 else Look(UNREADABLE) for sha256 in sums]
    missing = [place for place, look in enumerate(looks) if look is None]
    for _ in range(len(looks) - len(missing)):
        lookout.step()
    new: list[tuple[str, Look]] = []
    answers = lookout.looking([tasks[place] for place in missing])
    for place, answer in zip(missing, answers, strict=True):
        look = looks[place] = lookout.believe(answer)
        # A picture that took its reader over could name the sum of another, or ended it.
        new += [(answer.notice, look)] if answer.notice == sums[place] else []
        if len(new) >= BATCH:
            shelf.keep(new)
            new.clear()
        lookout.step()
    shelf.keep(new)
    return [look or Look(UNREADABLE) for look in looks]


def sum_of(file: Path) -> str | None:
    """Give the sha256 of a picture's bytes; None where they cannot be read."""
    try:
        return hashlib.sha256(read(file)).hexdigest()
    except InputError:
        return None


def failure_of(answer: Answer) -> str:
    """Say why there is no template; what took a reader over may say anything."""
    kind = answer.fault.reason if answer.fault else UNREADABLE
    return kind if kind in FAILURES else UNREADABLE


@contextmanager
def looking(
    factory: Callable[[], Callable[[Task], Answer]], workers: int | None, pictures: int
) -> Generator[Looking]:
    """Start whoever looks.

    Args:
        factory: Opens the networks, in each process by itself.
        workers: How many processes; None: one a core; 0: this process alone.
        pictures: How many they will be; for none nothing is opened.
    """
    cores = min(len(os.sched_getaffinity(0)), -(-pictures // WORTH_A_CORE))
    wanted = cores if workers is None else workers
    if pictures == 0:
        yield lambda _: iter(())
    elif wanted == 0:
        yield partial(look_here, factory())
    else:
        with Crew(factory, wanted) as crew:
            yield crew.answers
