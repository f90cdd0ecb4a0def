"""`lfr audit deletion`: whether anything is left of a passer-by, looked for from outside.

Faces that nobody has are shown to the real appliance. While they are in view they must be found in
its memory, or the search would prove nothing; once it says that they have passed, they must not be
found anywhere: not in its memory, not in what it has written, not in a file of memory, a journal, a
core file or swap.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console

from appliance.app import open_eyes, open_machine
from appliance.audit import memory, places, trace
from appliance.audit.forms import Walk
from appliance.audit.plants import draw, draw_blank
from appliance.audit.reel import JPEG
from appliance.audit.sieve import Sieve
from appliance.audit.stand import open_stand
from appliance.audit.verdict import Verdict
from appliance.domain.times import summary
from appliance.oversight import keys
from appliance.oversight.entries import read
from appliance.oversight.figures import Counted
from appliance.oversight.proof import Proof

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from appliance.audit.plants import Picture
    from appliance.audit.reel import Codec
    from appliance.audit.sieve import Needle
    from appliance.audit.stand import Stand, Subject

    Tell = Callable[[str, int, int], None]
    """Told what is done, how much of it is done, and of how much."""

PASSINGS = 1000
SPOILT = ("crop", "template")
"""What `leaky` can be told to keep."""
SHOWN, BLANK = 3, 25
"""Times that a picture is shown before it is waited for; a second in which nobody is there."""
LIMIT_S = 60.0


def _nobody(_what: str, _done: int, _all: int) -> None:
    """Show nothing."""


def audit_deletion(
    passings: int = PASSINGS, tell: Tell = _nobody, codec: Codec = JPEG, *, spoilt: bool = True
) -> Verdict:
    """Plant so many faces in the real appliance, and look for them.

    Args:
        passings: How many.
        tell: Is told how far it is.
        codec: How the camera's film is compressed.
        spoilt: Whether to see, too, that builds which keep something are caught.

    Raises:
        ApplianceError: something that it needs is not here, or the appliance does not do its part.
    """
    began_s, verdict = time.monotonic(), Verdict()
    with TemporaryDirectory(prefix="lfr-audit-") as folder, ExitStack() as stack:
        tell("Setting up a van", 0, passings)
        stand = stack.enter_context(open_stand(Path(folder), codec, Console(quiet=True)))
        pictures, needles = _plant(stand, passings, tell)
        with stand.run() as subject:
            Audit(subject, draw_blank(codec), verdict, tell).through(pictures, needles)
        verdict.deletion_ms = _measured(stand.settings.oversight.folder)
        for kind in SPOILT if spoilt else ():
            tell(f"A build that keeps a {kind}", passings, passings)
            _spoil(stand, kind, verdict, pictures[0], needles[0])
    verdict.seconds = time.monotonic() - began_s
    return verdict


def _plant(stand: Stand, passings: int, tell: Tell) -> tuple[list[Picture], list[list[Needle]]]:
    """Draw the faces, and make the needles by which they are looked for."""
    pictures = list(draw(passings, stand.codec))
    machine = open_machine(stand.settings)
    walk = Walk(stand.settings, machine, open_eyes(machine, stand.settings.vision), stand.codec)
    needles: list[list[Needle]] = []
    for some in walk.needles(pictures, stand.folder):
        needles.append(some)
        planted = sum(one.faces for one in pictures[: len(needles)])
        tell("Planting faces of nobody", planted, passings)
    return pictures, needles


def _measured(folder: Path) -> Mapping[str, float | None]:
    """Read in the appliance's own log how long its erasures took."""
    spans: dict[str, Mapping[int, int]] = {}
    for line in Proof(folder / keys.LOG, keys.public(folder)).entries():
        fact = read(line).fact
        if isinstance(fact, Counted):
            spans[fact.span] = fact.deletion_ms
    return summary(sum(map(Counter, spans.values()), Counter[int]()))


def _spoil(
    stand: Stand, kind: str, verdict: Verdict, picture: Picture, needles: list[Needle]
) -> None:
    """See whether a build that keeps something is caught, and what it leaves when it crashes."""
    found = Verdict()
    with stand.run(kind) as subject:
        audit = Audit(subject, draw_blank(stand.codec), found, _nobody)
        audit.through([picture], [needles])
        verdict.caught[kind] = any(form.startswith(kind) for form in found.left)
        verdict.blame("what a crash leaves", audit.crash(picture, Sieve(needles)))
        verdict.crashes += 1


@dataclass
class Audit:
    """One running appliance, looked through again and again."""

    subject: Subject
    blank: bytes = field(repr=False)
    """Shows nobody."""
    verdict: Verdict
    tell: Tell

    def through(self, pictures: Sequence[Picture], needles: Sequence[list[Needle]]) -> None:
        """Show each picture, and look for everybody who was shown so far."""
        total = sum(one.faces for one in pictures)
        shown: list[Needle] = []
        for picture, own in zip(pictures, needles, strict=True):
            self._view(picture, Sieve(own))
            shown += own
            self._pass(Sieve(shown))
            self.tell("Looking through the appliance", self.verdict.planted, total)
        self._elsewhere(Sieve(shown))

    def _view(self, picture: Picture, sieve: Sieve) -> None:
        subject, tally = self.subject, self.subject.ear.tally
        expected = picture.faces + (tally.faces_seen if tally else 0)
        subject.feed.show(picture.data, SHOWN, LIMIT_S)
        subject.ear.until(lambda told: told.faces_seen >= expected, "see the faces", LIMIT_S)
        self.verdict.planted += picture.faces
        self.verdict.pictures += 1
        self.verdict.see(self._search(sieve))

    def _pass(self, sieve: Sieve) -> None:
        subject = self.subject
        subject.feed.show(self.blank, BLANK, LIMIT_S)
        subject.ear.until(lambda told: told.erased == told.faces_seen, "erase them", LIMIT_S)
        self.verdict.blame("memory", self._search(sieve))

    def crash(self, picture: Picture, sieve: Sieve) -> set[Needle]:
        """Kill the appliance with faces in view, as a fault of its own would, and search the disk.

        Raises:
            MachineError: it does not die of it.
        """
        subject = self.subject
        self._view(picture, sieve)
        subject.kill(signal.SIGSEGV, LIMIT_S)
        rooms = (subject.folder, *places.core_folders(), *places.SHARED)
        return places.search(places.changed(rooms, subject.began_s), sieve)

    def _search(self, sieve: Sieve) -> set[Needle]:
        found: set[Needle] = set()
        with self.subject.still() as family:
            for each in family:
                found |= memory.search(each, sieve)
                self.verdict.swapped_kb += places.swapped_kb(each)
        self.verdict.searches += 1
        return found

    def _elsewhere(self, sieve: Sieve) -> None:
        subject, verdict = self.subject, self.verdict
        verdict.core_bytes = places.core_bytes(subject.process)
        written, files = trace.search(subject.written, sieve)
        files |= trace.opened(subject.written)
        verdict.files = len(files)
        verdict.blame("what was written", written)
        rooms = (subject.folder, *places.SHARED)
        files |= {*places.changed(rooms, subject.began_s)}
        verdict.blame("files", places.search(files, sieve))
