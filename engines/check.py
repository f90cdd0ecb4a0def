"""`lfr engines check`: a pack's plans beside its networks, on the same real pictures.

The ordinary computer runs the networks as they were published; the van's computer runs the plans.
The detector's faces are compared with each other, and then both encode the same faces, so that
each plan answers for itself; the van's kernels are in it, as they are between a list that was made
at a desk and a face in the street. So do both say of the same faces how likely each is a picture,
where there are plans for it. A plan that is too far off does not go live.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from appliance.errors import InputError
from appliance.vision.presentation import Suspect
from engines.samples import still

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt
    from rich.console import Console

    from appliance.domain.face import Faces, Floats
    from appliance.vision.eyes import Eyes
    from appliance.vision.models import Presentation
    from appliance.workshop import Precision
    from engines.samples import Picture

LEAST_FACES = 5
"""Fewer say nothing."""
EDGE = 0.03
"""Faces so near the gate may be seen by one and not by the other."""
SAME = 0.5
"""Boxes that overlap by so much (IoU) are of one face."""
SHARE_MOST, SHARE_MEAN = 0.15, 0.01
"""Nearly and more than twice what 703 faces gave (0.087 and 0.0041), of which the forms alone were
0.006 and 0.0004: the rest is OpenCV's, which cuts a face out by 32nds of a pixel."""


@dataclass(frozen=True)
class Limits:
    """How far a plan may be off and still go live."""

    cosine_least: float
    """Of any face's two templates."""
    cosine_mean: float
    overlap_mean: float
    """IoU of the boxes; a single one may differ more, where two of a face's boxes are as good."""
    score_most: float
    """Difference of any face's two scores."""
    share_most: float = SHARE_MOST
    """Difference of how likely a network and its plan find it that any face is a picture."""
    share_mean: float = SHARE_MEAN


LIMITS: dict[Precision, Limits] = {
    "fp16": Limits(cosine_least=0.999, cosine_mean=0.9995, overlap_mean=0.98, score_most=0.02),
    "int8": Limits(cosine_least=0.98, cosine_mean=0.995, overlap_mean=0.95, score_most=0.1),
}
WARY: Final = "fp16"
"""What tells a face from a picture is of this precision, whatever the others are."""
NEEDED = ("detector", "encoder")
"""Without these plans a van does not look."""


@dataclass(frozen=True)
class Comparison:
    """What was found on all pictures together."""

    pictures: int
    faces: int
    """That were encoded: seen clearly by the network, and as wide as the settings ask for."""
    missed: int
    """Faces that the network sees clearly and the plan does not."""
    extra: int
    """That the plan sees clearly and the network does not."""
    overlaps: Floats = field(repr=False)
    scores: Floats = field(repr=False)
    """Differences."""
    cosines: Floats = field(repr=False)
    """NaN where a template is no number."""
    wary: tuple[Presentation, ...]
    """What tells a face from a picture of one, in the order of `shares`; if both sides have it."""
    shares: Floats = field(repr=False)
    """(networks, faces), differences; NaN where an answer is none."""


@dataclass(frozen=True)
class Verdict:
    """Whether one plan may go live; goes beside it as JSON."""

    plan: str
    """`detector`, `encoder`, or the name of one that tells a face from a picture of one."""
    precision: Precision
    pictures: int
    faces: int
    figures: dict[str, float]
    limits: dict[str, float]
    passed: bool
    checked_at: str

    @property
    def needed(self) -> bool:
        """Whether a van does not look without this plan."""
        return self.plan in NEEDED

    def record(self) -> dict[str, object]:
        """Give it as what JSON can hold."""
        return asdict(self)


def compare(truth: Eyes[Any], trial: Eyes[Any], pictures: Iterable[Picture]) -> Comparison:
    """Look at pictures with the networks and with the plans.

    Args:
        truth: An ordinary computer's eyes.
        trial: The van's, with the same pack and settings.
        pictures: With faces. Nothing of them is kept.

    Raises:
        InputError: there are too few faces in them.
    """
    if not (truth.checks and trial.checks):
        truth, trial = replace(truth, checks=()), replace(trial, checks=())
    every = [_Look(truth, trial, picture) for picture in pictures]
    faces = sum(len(look.cosines) for look in every)
    if faces < LEAST_FACES:
        raise InputError(
            f"Only {faces} faces that are large enough were found in {len(every)} pictures.",
            mend=f"Give a folder with at least {LEAST_FACES} clear faces.",
        )
    return Comparison(
        len(every),
        faces,
        sum(look.missed for look in every),
        sum(look.extra for look in every),
        np.concatenate([look.overlaps for look in every]),
        np.concatenate([look.scores for look in every]),
        np.concatenate([look.cosines for look in every]),
        tuple(model for _, model in trial.checks),
        np.concatenate([look.shares for look in every], axis=1),
    )


class _Look:
    """One picture, seen twice. Holds numbers, and no face."""

    def __init__(self, truth: Eyes[Any], trial: Eyes[Any], picture: Picture) -> None:
        gate = truth.settings.detect_score
        seen, tried = _find(truth, picture), _find(trial, picture)
        clear = seen.take(seen.scores >= gate + EDGE)
        overlap = overlaps(clear.boxes, tried.boxes)
        best = overlap.argmax(axis=1) if overlap.size else np.zeros(len(clear), int)
        met = np.array([bool(overlap.size) and overlap[i, b] >= SAME for i, b in enumerate(best)])
        met = met.astype(bool)
        self.missed = int((~met).sum())
        self.overlaps = overlap[met, best[met]] if overlap.size else np.zeros(0, np.float32)
        self.scores = np.abs(clear.scores[met] - tried.scores[best[met]])
        bold = tried.take(tried.scores >= gate + EDGE)
        back = overlaps(bold.boxes, seen.boxes)
        self.extra = int((back.max(axis=1, initial=0) < SAME).sum())
        widths = clear.boxes[:, 2] - clear.boxes[:, 0]
        large = clear.take(widths >= truth.settings.face_width_px)
        self.cosines = _cosines(truth, trial, picture, large)
        self.shares = np.abs(_shares(truth, picture, large) - _shares(trial, picture, large))
        for faces in (seen, tried, clear, bold, large):
            faces.erase()


def _find(eyes: Eyes[Any], picture: Picture) -> Faces:
    frame = still(eyes, picture)
    (found,) = eyes.detect([(frame.width, frame.height)])([frame])
    eyes.compute.erase()
    return found


def _cosines(
    truth: Eyes[Any], trial: Eyes[Any], picture: Picture, faces: Faces
) -> npt.NDArray[np.float32]:
    if not len(faces):
        return np.zeros(0, np.float32)
    which = np.zeros(len(faces), np.int32)
    rows: list[Floats] = []
    for eyes in (truth, trial):
        templates = eyes.encode()([still(eyes, picture)], which, faces)
        templates.vectors[~templates.sound] = np.nan
        rows.append(templates.vectors)
        eyes.compute.erase()
    cosines = np.asarray(np.einsum("fd,fd->f", *rows), np.float32)
    for array in rows:
        array.fill(0)
    return cosines


def _shares(eyes: Eyes[Any], picture: Picture, faces: Faces) -> Floats:
    """Say how likely each network finds it that each face is a picture: (networks, faces)."""
    frame = still(eyes, picture)
    told = np.zeros((len(eyes.checks), len(faces)), np.float32)
    for row, check in zip(told, eyes.checks, strict=True):
        suspect = Suspect(eyes.compute, [check])
        shares = [suspect(frame, box) for box in faces.boxes]
        row[:] = [np.nan if share is None else share for share in shares]
    eyes.compute.erase()
    return told


def overlaps(one: Floats, other: Floats) -> Floats:
    """Give the IoU of each box of one with each of the other: (len(one), len(other))."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.prod((high - low).clip(0), axis=2)
    area = [np.prod((boxes[:, 2:] - boxes[:, :2]).clip(0), axis=1) for boxes in (one, other)]
    union = area[0][:, None] + area[1][None] - shared
    return np.asarray(shared / np.maximum(union, 1e-6), np.float32)


def judge(comparison: Comparison, precision: Precision) -> tuple[Verdict, ...]:
    """Decide which plans may go live: the detector's, the encoder's, and those of `wary`.

    What is no number fails every limit.
    """
    limits = LIMITS[precision]
    met = len(comparison.overlaps) > 0
    overlap = float(comparison.overlaps.mean()) if met else 0.0
    score = float(comparison.scores.max()) if met else 1.0
    least, mean = float(comparison.cosines.min()), float(comparison.cosines.mean())
    seen = comparison.missed == comparison.extra == 0
    found = seen and overlap >= limits.overlap_mean and score <= limits.score_most
    told = least >= limits.cosine_least and mean >= limits.cosine_mean
    faces = {"missed": comparison.missed, "extra": comparison.extra}
    return (
        _verdict("detector", comparison, precision, found, {
            **faces, "overlap_mean": overlap, "score_most": score,
        }),
        _verdict("encoder", comparison, precision, told, {
            "cosine_least": least, "cosine_mean": mean,
        }),
        *(
            _judge_shares(Path(model.tensorrt.name).stem, comparison, shares)
            for model, shares in zip(comparison.wary, comparison.shares, strict=True)
        ),
    )  # fmt: skip


def _judge_shares(name: str, comparison: Comparison, shares: Floats) -> Verdict:
    most, mean = float(shares.max()), float(shares.mean())
    told = most <= LIMITS[WARY].share_most and mean <= LIMITS[WARY].share_mean
    figures = {"share_most": most, "share_mean": mean}
    return _verdict(name, comparison, WARY, told, figures)


def _verdict(
    plan: str,
    comparison: Comparison,
    precision: Precision,
    passed: bool,
    figures: dict[str, float],
) -> Verdict:
    # JSON knows no NaN; -1 is below every limit.
    plain = {name: -1.0 if np.isnan(value) else round(value, 6) for name, value in figures.items()}
    limits = {name: value for name, value in asdict(LIMITS[precision]).items() if name in figures}
    moment = datetime.now(timezone.utc).isoformat(timespec="seconds")
    counts = (comparison.pictures, comparison.faces)
    return Verdict(plan, precision, *counts, plain, limits, passed, moment)


def render(verdicts: Sequence[Verdict], console: Console) -> None:
    """Print one line for each plan."""
    for verdict in verdicts:
        told = ", ".join(f"{name} {value:g}" for name, value in verdict.figures.items())
        word, style = ("may go live", "green") if verdict.passed else ("REFUSED", "red")
        word = word if verdict.passed or verdict.needed else f"{word}; the van looks without it"
        line = f"{verdict.plan} ({verdict.precision}), {verdict.faces} faces: {told}: {word}"
        console.print(line, style=style, highlight=False, soft_wrap=True)
