"""Lambs and look-alikes: entries that would stop strangers, and entries that are like each other.

A lamb is somebody whom strangers are easily taken for (Doddington et al., Sheep, goats, lambs and
wolves, ICSLP 1998). It is found by counting: far more strangers, or far more people of the list,
reach the threshold than an entry has on average. Where too few do so to be counted, the median of
its ten highest scores against strangers may still stand out (the modified z-score by median and
median absolute deviation of Iglewicz and Hoaglin, 1993). Poor pictures are like poor pictures:
strangers show a lamb only where their pictures are as poor as those of the street.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from appliance.domain.candidate import Band
from provisioning.report.compare import NOBODY, UNSEEN, compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    from appliance.matching.calibration import Calibration
    from provisioning.report.compare import Findings, Floats, Ints, Pairs, People, Progress

Kind = Literal["lamb", "duplicate", "mixed", "look_alike"]
"""Gravest first."""
Concern = Literal["quarantined", "review"]

TIMES = 10.0
"""Of the average: whole groups of people are up to nine times as alike to a network as others, and
that is the network's fault and not the entry's."""
BY_CHANCE = 0.05
"""How likely it may be that somebody on a sound list is called a lamb for his count."""
FEWEST = 3
OUTLYING = 6.0
"""Modified z-scores; of 25,000 sound entries drawn from LFW the highest with two networks was 6."""
TO_NORMAL = 1.4826
"""From a median absolute deviation to a standard deviation."""
ENOUGH = 20
"""Entries, and strangers, without which nobody stands out."""
LOOKED_AT = 100
"""Pairs that a person can look at in half an hour; of a long list the nearest are told."""


@dataclass(frozen=True)
class Rules:
    """What the scores of the encoder mean here."""

    threshold: float
    """In force on the van."""
    same: float
    """From here two pictures show the same person, or twins."""
    floor: float
    """Below it two pictures hardly show the same person."""
    rate: float
    """Share of pairs of strangers that reach the threshold; 0: not known."""
    likely: float = 1.0
    """From here a likeness is called likely."""

    @classmethod
    def of(cls, calibration: Calibration, threshold: float | None = None) -> Rules:
        """Take what holds for an encoder, and the van's own threshold where it has one."""
        chosen = calibration.in_force(threshold, -1.0)
        rate = calibration.false_match_rate(chosen) or 0.0
        same, likely = (max(s, chosen) for s in (calibration.strong_from, calibration.likely_from))
        return cls(chosen, same, calibration.floor, rate, likely)

    def band(self, score: float) -> Band:
        """Say in words how near a likeness is."""
        if score >= self.same:
            return Band.STRONG
        return Band.LIKELY if score >= self.likely else Band.POSSIBLE


@dataclass(frozen=True)
class Likeness:
    """One thing that a person must look at before the list is signed."""

    kind: Kind
    concern: Concern
    """Quarantined: left out unless a reviewer accepts it by name. Review: stays, and is shown."""
    row: int = field(repr=False)
    subject: int = field(repr=False)
    other_row: int | None = field(default=None, repr=False)
    other: int | None = field(default=None, repr=False)
    """The other subject; of `mixed` the same one. None: strangers."""
    score: float = field(default=0.0, repr=False)
    count: int = 0
    """How many people it is like."""
    outlying: float = 0.0
    """Modified z-score against the strangers."""


@dataclass(frozen=True)
class Outcome:
    """What the test came to."""

    likenesses: tuple[Likeness, ...] = field(repr=False)
    """Gravest and nearest first."""
    left_out: int
    """Pairs above the threshold that are not among the likenesses: too many to look at."""


def examine(listed: People, strangers: People | None, rules: Rules, progress: Progress) -> Outcome:
    """Find lambs, duplicates, mixed pictures and look-alikes of a list.

    Args:
        listed: Everybody who passed the gate.
        strangers: People who are known not to be listed.
        rules: What a score means.
        progress: Is told after each block.
    """
    found = compare(listed, strangers or NOBODY, rules.threshold, progress)
    return judge(found, listed, strangers or NOBODY, rules)


def judge(found: Findings, listed: People, strangers: People, rules: Rules) -> Outcome:
    """Say what findings mean; of shards only when all of them have been merged."""
    lambs = list(_lambs(found, listed, strangers, rules))
    barred = np.array([one.subject for one in lambs if one.concern == "quarantined"], np.int32)
    pairs = _among(found.pairs, listed, barred)
    same = pairs["score"] >= rules.same
    twice = [_pair("duplicate", "quarantined", pair, listed) for pair in _ranked(pairs[same])]
    alike = [_pair("look_alike", "review", pair, listed) for pair in _ranked(pairs[~same])]
    mixed = sorted(_mixed(listed, rules.floor), key=lambda one: one.score)
    shown = (*lambs, *twice, *mixed[:LOOKED_AT], *alike[:LOOKED_AT])
    return Outcome(shown, max(len(alike) - LOOKED_AT, 0) + max(len(mixed) - LOOKED_AT, 0))


def gravest(likenesses: Iterable[Likeness]) -> dict[int, Likeness]:
    """Name for each subject the one thing that decides what becomes of it."""
    first: dict[int, Likeness] = {}
    for one in sorted(likenesses, key=lambda one: one.concern != "quarantined"):
        for subject in (one.subject, one.other):
            if subject is not None:
                first.setdefault(subject, one)
    return first


@lru_cache(maxsize=4_096)
def bound(rate: float, people: int, rows: int) -> int:
    """Say how many of so many people a row may be like before it is no chance any more.

    By Chernoff's bound on a Poisson count of `TIMES` the average, over all rows of the list.

    Args:
        rate: Average share of people that a row is like.
        people: How many it was compared with.
        rows: How many rows were tried.
    """
    mean = TIMES * rate * people
    if mean <= 0:
        return FEWEST
    allowed, limit = max(FEWEST, math.floor(mean) + 1), math.log(BY_CHANCE / max(rows, 1))
    while allowed - mean - allowed * math.log(allowed / mean) > limit:
        allowed += max(1, allowed // 100)
    return allowed


def _lambs(found: Findings, listed: People, strangers: People, rules: Rules) -> Iterator[Likeness]:
    """Give each subject that is a lamb once, with its worst row."""
    # A likeness within the list is counted at both of its ends.
    inner = _counted(found.within, listed, listed.count - 1, rules.rate, ends=2)
    outer = _counted(found.beyond, listed, strangers.count, rules.rate, ends=1)
    stands_out = outlying(found.top, strangers.count)
    counted, count = inner | outer, found.within + found.beyond
    worst: dict[int, Likeness] = {}
    rows = np.flatnonzero(counted | (stands_out > OUTLYING))
    for row in rows[np.lexsort((-stands_out[rows], -count[rows], ~counted[rows]))].tolist():
        subject, many = int(listed.owners[row]), int(count[row])
        concern: Concern = "quarantined" if counted[row] else "review"
        lamb = Likeness("lamb", concern, row, subject, count=many, outlying=float(stands_out[row]))
        worst.setdefault(subject, lamb)
    yield from worst.values()


def _counted(
    counts: Ints, listed: People, people: int, rate: float, *, ends: int
) -> npt.NDArray[np.bool_]:
    """Tell which rows are like too many, by what the rest of the list has on average."""
    counted = np.zeros(len(counts), np.bool_)
    own, sizes = np.bincount(listed.owners, counts), np.bincount(listed.owners)
    total, rows = int(counts.sum()), len(counts)
    for row in np.flatnonzero(counts >= FEWEST).tolist():
        subject = listed.owners[row]
        others = max(total - ends * float(own[subject]), 0.0)
        average = others / max((rows - int(sizes[subject])) * people, 1)
        counted[row] = counts[row] >= bound(max(average, rate), people, rows)
    return counted


def outlying(top: Floats, people: int) -> Floats:
    """Measure how far the median of each row's highest scores lies above the list's.

    Args:
        top: (N, TOP), from `compare`.
        people: How many strangers there are.

    Returns:
        (N,) modified z-scores; zero where there are too few to say anything.
    """
    if min(len(top), people) < ENOUGH or bool((top <= UNSEEN).any()):
        return np.zeros(len(top), np.float32)
    # The median, so that somebody who is among the strangers himself is not yet a lamb.
    high = np.median(top, axis=1)
    middle = np.median(high)
    spread = TO_NORMAL * float(np.median(np.abs(high - middle)))
    return np.asarray((high - middle) / max(spread, float(np.finfo(np.float32).eps)), np.float32)


def _among(pairs: Pairs, listed: People, barred: npt.NDArray[np.int32]) -> Pairs:
    """Leave out what a lamb is like: it is told once, at the lamb."""
    lamb = np.isin(listed.owners[pairs["first"]], barred)
    lamb |= np.isin(listed.owners[pairs["second"]], barred)
    return pairs[~lamb]


def _ranked(pairs: Pairs) -> Sequence[Pairs]:
    return list(pairs[np.argsort(-pairs["score"], kind="stable")])


def _pair(kind: Kind, concern: Concern, pair: Pairs, listed: People) -> Likeness:
    row, other = int(pair["first"]), int(pair["second"])
    subjects = int(listed.owners[row]), int(listed.owners[other])
    return Likeness(kind, concern, row, subjects[0], other, subjects[1], float(pair["score"]), 1)


def _mixed(listed: People, floor: float) -> Iterator[Likeness]:
    """Find pictures that are like none of the others of the same subject."""
    starts = np.flatnonzero(np.diff(listed.owners, prepend=-1))
    ends = np.flatnonzero(np.diff(listed.owners, append=-1)) + 1
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - start < 2:  # noqa: PLR2004 - one picture has none beside it
            continue
        rows = listed.rows(slice(start, end))
        scores = rows @ rows.T
        np.fill_diagonal(scores, UNSEEN)
        odd = int(scores.max(axis=1).argmin())
        score = float(scores[odd].max())
        if score < floor:
            best = start + int(scores[odd].argmax())
            subject = int(listed.owners[start])
            yield Likeness("mixed", "review", start + odd, subject, best, subject, score)
