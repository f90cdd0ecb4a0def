"""How often a picture of a face is told from a face: APCER and BPCER, ISO/IEC 30107-3.

Each picture is judged as the van judges a candidate's, by the same networks. Where no face is found
there is nothing to judge: that is a non-response, counted for itself.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.errors import InputError, MachineError
from appliance.evaluation.artefacts import THINGS, present
from appliance.evaluation.gaze import Optics, foremost, open_gaze, open_picture
from appliance.evaluation.measure import bar
from appliance.evaluation.roll import listed, read_roll
from appliance.evaluation.words import percent
from appliance.oversight.intervals import Share, clopper_pearson
from appliance.vision.presentation import LIKELY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from appliance.domain.face import Floats
    from appliance.evaluation.gaze import Gaze
    from appliance.evaluation.wishes import Wishes
    from provisioning.enrol.pictures import Picture

    Step = Callable[[int, int], None]

BONA_FIDE = "bona fide"
MOST = 400
MADE = "made by program, which says less than real ones"
SCOPE = "The van flags with this, and hides nothing: an officer decides."


@dataclass(frozen=True)
class Species:
    """What came of one kind of presentation."""

    name: str
    presentations: int
    non_responses: int
    """Without a face that was found."""
    flagged: int
    """Called a picture."""
    error: float | None
    """BPCER of bona fide presentations, APCER of attacks; of those that gave a response."""
    low: float
    high: float
    """Exact interval of 95 %."""


@dataclass(frozen=True)
class Attacks:
    """What an evaluation of attacks says."""

    pack: str
    """Whose detector has found the faces."""
    model_id: str
    threshold: float
    """Flagged from this share on."""
    bona_fide: Species
    attacks: tuple[Species, ...]
    source: str
    """Where the attacks come from."""
    scope: str = field(default=SCOPE)

    def record(self) -> dict[str, Any]:
        """Give it for JSON, with what belongs on a card."""
        model = {"pack": self.pack, "model_id": self.model_id}
        return {"kind": "attack", "model": model, "told": [*facts(self)], **asdict(self)}


def facts(told: Attacks) -> Iterator[str]:
    """Say in whole sentences what belongs on a model's card."""
    for one in (told.bona_fide, *told.attacks):
        error = "BPCER" if one is told.bona_fide else "APCER"
        yield (
            f"Pictures of faces, {one.name}: {error} {percent(one.error)} ({percent(one.low)} to "
            f"{percent(one.high)}) of {one.presentations - one.non_responses:,}."
        )
    yield f"Attacks were {told.source}."


@dataclass
class Jury:
    """Judges pictures one by one.

    Raises:
        MachineError: the networks are not here.
    """

    gaze: Gaze

    def __post_init__(self) -> None:
        """Make sure of the networks."""
        self._suspect = self.gaze.eyes.suspect()
        if not self._suspect.checks:
            raise MachineError(
                "The networks that tell a picture from a face are not here.",
                mend="Name their folder with --models; presentations in models.toml lists them.",
            )

    def face(self, picture: Picture) -> Floats | None:
        """Find the face that a picture is of: (4,), its box."""
        faces = self.gaze.find(picture)
        return faces.boxes[foremost(faces, *picture.shape[1::-1])[0]] if len(faces) else None

    def __call__(self, picture: Picture) -> bool | None:
        """Tell whether it is called a picture of a face; None without a face or a sound answer."""
        box = self.face(picture)
        if box is None:
            return None
        share = self._suspect(self.gaze.frame(picture), box)
        self.gaze.eyes.compute.erase()
        return None if share is None else share >= LIKELY


def attack(
    wishes: Wishes, console: Console, attacks: Path | None = None, most: int = MOST
) -> Attacks:
    """Judge one picture of each subject, and attacks.

    Args:
        wishes: What is to be measured, and with what.
        console: Where progress is shown.
        attacks: As `measure` takes it.
        most: Subjects at the most.

    Raises:
        ApplianceError: pictures or networks are not there.
    """
    roll = read_roll(wishes.source, wishes.pictures)
    first = {picture.subject: picture.file for picture in reversed(roll.pictures)}
    files = [first[subject] for subject in sorted(first)][:most]
    jury = Jury(open_gaze(Optics(wishes.pack, wishes.models)))
    with bar(console, "Judging") as step:
        return measure(files, attacks, jury, wishes.bootstrap.seed, step)


def measure(
    files: Sequence[Path], attacks: Path | None, jury: Jury, seed: int, step: Step
) -> Attacks:
    """Judge bona fide pictures, and attacks.

    Args:
        files: Pictures of faces, as a camera sees them.
        attacks: A folder with a sub-folder for each species; None has them made of the pictures.
        jury: Who judges.
        seed: The same attacks for the same.
        step: Is told how many pictures are done, of how many.

    Raises:
        InputError: there is nothing to judge.
    """
    own = {} if attacks is None else _species(attacks)
    count = len(files) + sum(map(len, own.values()))
    if not files:
        raise InputError("There is no picture.", mend="Name a folder with pictures of faces.")
    said: dict[str, list[bool | None]] = {name: [] for name in (BONA_FIDE, *(own or THINGS))}
    lot = np.random.default_rng(seed)
    for done, (name, file) in enumerate(_tasks(files, own), start=1):
        picture, _ = open_picture(file)
        said[name].append(None if picture is None else jury(picture))
        if name == BONA_FIDE and not own and picture is not None:
            _attack(picture, jury, lot, said)
        step(done, count)
    bona_fide, *others = (_told(name, answers) for name, answers in said.items())
    pack, source = jury.gaze.eyes.pack, MADE if attacks is None else "as handed in"
    return Attacks(pack.name, pack.model_id, LIKELY, bona_fide, tuple(others), source)


def _attack(
    picture: Picture, jury: Jury, lot: np.random.Generator, said: dict[str, list[bool | None]]
) -> None:
    box = jury.face(picture)
    if box is not None:
        for name, thing in THINGS.items():
            said[name].append(jury(present(picture, box, thing, lot)))


def _species(folder: Path) -> dict[str, list[Path]]:
    found = {place.name: listed(place) for place in listed(folder) if place.is_dir()}
    if not any(found.values()):
        raise InputError(
            "There are no attacks.", mend="Name a folder with a sub-folder for each kind."
        )
    return found


def _tasks(files: Iterable[Path], own: dict[str, list[Path]]) -> Iterator[tuple[str, Path]]:
    yield from ((BONA_FIDE, file) for file in files)
    for name, some in own.items():
        yield from ((name, file) for file in some)


def _told(name: str, answers: Sequence[bool | None]) -> Species:
    answered = [answer for answer in answers if answer is not None]
    flagged = sum(answered)
    wrong = Share(flagged if name == BONA_FIDE else len(answered) - flagged, len(answered))
    return Species(
        name,
        len(answers),
        len(answers) - len(answered),
        flagged,
        wrong.value,
        *clopper_pearson(wrong),
    )
