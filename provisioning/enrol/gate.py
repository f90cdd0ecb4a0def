"""Which pictures may stand on a list: each is measured, and judged in plain words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from provisioning.enrol.crop import measure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from appliance.domain.face import Faces
    from appliance.vision.models import Landmarks
    from provisioning.enrol.pictures import Photograph

    Measures = Mapping[str, float]

YEAR_DAYS = 365.25
FULL_EYES_PX = 120.0
"""Eyes farther apart add no detail to what an encoder sees."""
FULL_SHARPNESS = 0.15
"""The median of press photographs."""
LEAST = 0.05
"""What the dullest is worth, so that size still ranks."""


@dataclass(frozen=True)
class Gate:
    """What a picture must be. The eyes' distance and the ages are the force's to choose.

    All else was set on 553 press photographs with one face (shared/media/stills/lfw_dev), spoilt
    on purpose in fourteen ways: each bound refuses about one in a hundred of the unspoilt ones.
    """

    eyes_px: float = 64.0
    """Least distance between the eyes, in pixels of the file: smaller list images make false
    alerts."""
    score: float = 0.85
    """The detector's least confidence; the unspoilt had 0.91 and more."""
    sharpness: float = 0.04
    """Least variance of the Laplacian over the variance of the luma, at the encoder's scale. One in
    twenty-five of the unspoilt is below, all with eyes nearer than `eyes_px` allows; portraits have
    0.3 and more, and one enlarged from eyes 10 px apart is below."""
    turn: float = 0.35
    """How far the nose may be off the middle of the eyes, in distances between the eyes."""
    roll_deg: float = 25.0
    """How far the head may lean; the encoder's crop sets it upright."""
    pitch: tuple[float, float] = (0.42, 0.74)
    """Where the nose may be on the way from the eyes to the mouth."""
    highlights: float = 95.0
    """Least luma of the face's brightest twentieth. Not its mean, which also tells dark skin."""
    glare: float = 0.06
    """Largest share of the face that is burnt out."""
    contrast: float = 15.0
    """Least spread of the face's luma."""
    eyes_shown: float = 0.25
    """Least luma of the brighter eye's region, of the cheeks'; dark glasses are below."""
    mouth_detail: float = 0.35
    """Least detail around the mouth, of the whole face's; a mask or a hand has little."""
    mouth_light: float = 0.38
    """Least luma around the mouth, of that between the eyes; a black scarf is below."""
    mouth_colour: float = 28.0
    """How far the chroma around the mouth may be from that between the eyes."""
    warn_years: float = 5.0
    refuse_years: float = 10.0
    looks: bool = True
    """False: only the number of faces and the eyes' distance count."""


def gate_for(gate: Gate, family: str) -> Gate:
    """Leave confidence aside where it is not YuNet's, for which the bound was set."""
    return gate if family == "yunet" else replace(gate, score=0.0)


TRIAL = Gate(eyes_px=20.0, refuse_years=200.0, looks=False)
"""For trials among volunteers, whose pictures may be poor; never for a street."""


@dataclass(frozen=True)
class Fault:
    """Why a picture is refused."""

    reason: str
    mend: str
    kind: str = ""
    """The sentence under which it is counted, whatever was measured; empty: the reason itself."""


@dataclass(frozen=True)
class Judgement:
    """What the gate makes of one picture."""

    measures: Measures = field(repr=False)
    fault: Fault | None = None
    notice: str = ""
    """What to know of a picture that is taken all the same."""
    review: bool = False
    """Whether somebody should look at it once more."""
    quality: float = 0.0
    """Ranks the pictures of one person, 0 to 1."""


@dataclass(frozen=True)
class Days:
    """How old a picture is."""

    taken_on: date | None
    today: date

    @property
    def years(self) -> float | None:
        """None where it is not known."""
        if self.taken_on is None:
            return None
        return (self.today - self.taken_on).days / YEAR_DAYS


def count_fault(faces: Faces) -> Fault | None:
    """Refuse no face, and more than one."""
    if len(faces) == 0:
        return Fault("No face was found.", "Choose a frontal, well lit picture.")
    if len(faces) > 1:
        return Fault(
            f"{len(faces)} faces were found.",
            "Cut the others away.",
            "More than one face was found.",
        )
    return None


def judge(
    gate: Gate, photograph: Photograph, faces: Faces, points: Landmarks, days: Days
) -> Judgement:
    """Measure and judge a picture with exactly one face."""
    measures = measure(photograph, faces, points)
    years = days.years
    if years is not None:
        measures["age_years"] = years
    checks = (_size, *LOOKS, _age) if gate.looks else (_size, _age)
    fault = next((fault for check in checks if (fault := check(gate, measures))), None)
    old = years is not None and years > gate.warn_years
    return Judgement(measures, fault, _notice(gate, years), old, quality(measures))


def quality(measures: Measures) -> float:
    """Rank: size, sharpness and pose, each as a share of the best that counts."""
    size = min(measures["eyes_px"] / FULL_EYES_PX, 1.0)
    sharp = min(max(measures["sharpness"] / FULL_SHARPNESS, LEAST), 1.0)
    frontal = max(1.0 - measures["turn"], 0.0)
    return float((size * sharp) ** 0.5 * frontal * measures["score"])


def _notice(gate: Gate, years: float | None) -> str:
    if years is None:
        return "When it was taken is not known: make sure that it is the best there is."
    if years > gate.warn_years:
        return f"It is {years:.0f} years old: look for a newer one."
    return ""


def _size(gate: Gate, found: Measures) -> Fault | None:
    if found["eyes_px"] >= gate.eyes_px:
        return None
    reason = f"The eyes are {found['eyes_px']:.0f} px apart, less than {gate.eyes_px:.0f}."
    mend = "Choose a larger picture; enlarging this one does not help."
    return Fault(reason, mend, "The eyes are too few pixels apart.")


def _age(gate: Gate, found: Measures) -> Fault | None:
    years = found.get("age_years", 0.0)
    if years < 0:
        return Fault("Its date lies in the future.", "Correct image_date.")
    if years <= gate.refuse_years:
        return None
    reason = f"It is {years:.0f} years old, more than {gate.refuse_years:.0f}."
    return Fault(reason, "Find a newer picture.", "It is too old.")


def _exposure(gate: Gate, found: Measures) -> Fault | None:
    if found["highlights"] < gate.highlights:
        light = f"{found['highlights']:.0f} of {gate.highlights:.0f}"
        mend = "Choose a picture with more light on the face."
        return _measured("The face is too dark.", light, mend)
    if found["glare"] > gate.glare:
        glare = f"{found['glare']:.0%}, at most {gate.glare:.0%}"
        mend = "Choose a picture with softer light."
        return _measured("Part of the face is burnt out.", glare, mend)
    return None


def _pose(gate: Gate, found: Measures) -> Fault | None:
    low, high = gate.pitch
    if found["turn"] > gate.turn:
        kind, figure = "The head is turned aside.", f"{found['turn']:.2f}, at most {gate.turn:.2f}"
    elif abs(found["roll_deg"]) > gate.roll_deg:
        leans = abs(found["roll_deg"])
        kind, figure = "The head leans.", f"by {leans:.0f} degrees, at most {gate.roll_deg:.0f}"
    elif not low <= found.get("pitch", low) <= high:
        kind = "The head looks up or down."
        figure = f"{found['pitch']:.2f}, between {low:.2f} and {high:.2f}"
    else:
        return None
    return _measured(kind, figure, "Choose a picture that looks straight at the camera.")


def _clear(gate: Gate, found: Measures) -> Fault | None:
    if found["sharpness"] < gate.sharpness:
        figure = f"{found['sharpness']:.3f}, at least {gate.sharpness:.3f}"
        mend = "Choose a sharper picture; enlarging this one does not help."
        return _measured("The face is blurred.", figure, mend)
    if found["contrast"] < gate.contrast:
        spread = f"{found['contrast']:.0f} of {gate.contrast:.0f}"
        return _measured("The face has too little contrast.", spread, "Choose a clearer picture.")
    return None


def _covered(gate: Gate, found: Measures) -> Fault | None:
    if found["eyes_shown"] < gate.eyes_shown:
        kind = "The eyes are covered or in shadow."
        figure = f"{found['eyes_shown']:.2f} of {gate.eyes_shown:.2f}"
    elif found["mouth_colour"] > gate.mouth_colour or found["mouth_light"] < gate.mouth_light:
        kind = "The mouth has another colour than the face."
        figure = f"{found['mouth_colour']:.0f}"
    elif found["mouth_detail"] < gate.mouth_detail:
        kind = "The mouth is covered."
        figure = f"{found['mouth_detail']:.2f} of {gate.mouth_detail:.2f}"
    elif found["score"] < gate.score:
        kind = "The face is hard to see."
        figure = f"{found['score']:.2f}, at least {gate.score:.2f}"
    else:
        return None
    return _measured(kind, figure, "Choose a picture of the whole bare face.")


def _measured(kind: str, figure: str, mend: str) -> Fault:
    return Fault(f"{kind[:-1]} ({figure}).", mend, kind)


LOOKS = (_exposure, _pose, _covered, _clear)
"""In this order: what is dark looks covered, and what is blurred looks pale."""
