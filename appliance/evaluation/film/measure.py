"""Films from the table to the document: what `lfr evaluate film` does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from appliance.app import open_match
from appliance.errors import InputError
from appliance.evaluation.cohort import Means, gather
from appliance.evaluation.document import Bootstrap, Model
from appliance.evaluation.film.document import Cast, Document, Reel
from appliance.evaluation.film.figures import WAYS, Drawn, bands, rates, waiting
from appliance.evaluation.film.labels import read_labels
from appliance.evaluation.film.listing import Padding, Roster, pad
from appliance.evaluation.film.outcome import Near, outcomes
from appliance.evaluation.film.theatre import open_theatre
from appliance.evaluation.gaze import Optics
from appliance.evaluation.progress import counted
from appliance.evaluation.roll import Picture, Roll, read_roll
from appliance.evaluation.shelf import Shelf, name_of
from appliance.settings import MatchingSettings, VisionSettings
from engines.packs import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from appliance.domain.face import Floats
    from appliance.evaluation.film.figures import Way
    from appliance.evaluation.film.labels import Labels
    from appliance.evaluation.film.theatre import Shown, Theatre
    from appliance.vision.models import Pack


@dataclass(frozen=True)
class Wishes:
    """What is to be measured, and with what."""

    source: Path = field(repr=False)
    root: Path | None = field(default=None, repr=False)
    """Where a table's paths begin; None: where it lies."""
    pack: str = "auto"
    models: Path | None = None
    threshold: float | None = None
    """None: that of the calibration for a list of this length."""
    padding: Path | None = field(default=None, repr=False)
    """Pictures of people who are on no film; None: the list has only whom it is to find."""
    padding_root: Path | None = field(default=None, repr=False)
    size: int = 10_000
    """Entries of the list that is lengthened with them."""
    near: Near = field(default_factory=Near)
    cache: Path | None = field(default_factory=lambda: cache_folder() / "evaluation")
    """Where templates of pictures are kept; None keeps none."""
    workers: int | None = None
    bootstrap: Bootstrap = field(default_factory=Bootstrap)


@dataclass(frozen=True)
class _Listing:
    """Who is on the list."""

    enrolled: Mapping[int, Floats]
    padding: Padding


def watch(wishes: Wishes, console: Console) -> Document:
    """Measure.

    Raises:
        ApplianceError: the films, the pictures, the networks or their calibration are not there.
    """
    labels = read_labels(wishes.source, wishes.root)
    vision = VisionSettings(pack=wishes.pack, models=wishes.models)
    with open_theatre(vision) as theatre:
        listing = _list(labels, wishes, theatre, console)
        showings, threshold = _play(labels, listing, theatre, wishes, console)
    return _document(labels, listing, wishes, showings, Model.of(theatre.eyes.pack, threshold))


def _list(labels: Labels, wishes: Wishes, theatre: Theatre, console: Console) -> _Listing:
    means = _means(wishes, theatre.eyes.pack)
    rows = _portrayed(labels, means, theatre, console)
    dimension = theatre.eyes.pack.encoder.dimension
    enrolled = {subject: np.stack(found) for subject, found in sorted(rows.items())}
    if wishes.padding is None:
        padding = Padding(np.zeros((0, dimension), np.float32), 0, 0)
    else:
        cohort = gather(read_roll(wishes.padding, wishes.padding_root), means, console)
        padding = pad(cohort, max(wishes.size - len(enrolled), 0))
    if not enrolled and not len(padding.templates):
        raise InputError("Nobody could be enrolled.", mend="Give pictures with a face, or --pad.")
    return _Listing(enrolled, padding)


def _means(wishes: Wishes, pack: Pack) -> Means:
    shelf = Shelf(wishes.cache, name_of(pack, VisionSettings()), pack.encoder.dimension)
    return Means(Optics(pack.name, wishes.models), shelf, wishes.workers)


def _portrayed(
    labels: Labels, means: Means, theatre: Theatre, console: Console
) -> dict[int, list[Floats]]:
    rows: dict[int, list[Floats]] = defaultdict(list)
    still = sorted(
        (one for one in labels.portraits if one.window is None), key=lambda one: one.subject
    )
    if still:
        pictures = tuple(Picture(one.file, one.subject) for one in still)
        cohort = gather(Roll(pictures, labels.subjects), means, console)
        for place in np.flatnonzero(cohort.acquired):
            rows[int(cohort.owners[place])].append(cohort.templates[place])
    for one in labels.portraits:
        template = theatre.portray(one.file, one.window) if one.window else None
        if template is not None:
            rows[one.subject].append(template)
    return rows


def _play(
    labels: Labels, listing: _Listing, theatre: Theatre, wishes: Wishes, console: Console
) -> tuple[list[list[Shown]], float]:
    """Show every film in every way; give the threshold that was in force, too."""
    machine, eyes = theatre.machine, theatre.eyes
    roster = Roster(listing.enrolled, listing.padding.templates, eyes.pack.model_id)
    showings: list[list[Shown]] = []
    threshold = 0.0
    with counted(console, "Watching films", len(WAYS) * len(labels.films)) as step:
        for way in WAYS:
            rule = _rule(theatre.settings.matching, way, wishes.threshold)
            shown: list[Shown] = []
            for film in labels.films:
                match = open_match(machine, eyes, roster.law(), rule)
                threshold = match.threshold
                shown.append(theatre.play(film, match, fusing=way.fusing))
                step()
            showings.append(shown)
    return showings, threshold


def _rule(settings: MatchingSettings, way: Way, threshold: float | None) -> MatchingSettings:
    hits = settings.hits if way.hits is None else way.hits
    return settings.model_copy(update={"hits": hits, "threshold": threshold})


def _document(
    labels: Labels,
    listing: _Listing,
    wishes: Wishes,
    showings: Sequence[Sequence[Shown]],
    model: Model,
) -> Document:
    drawn, bootstrap = Drawn.of(labels, wishes.bootstrap), wishes.bootstrap
    sorted_out = [outcomes(labels, shown, wishes.near) for shown in showings]
    told, others = sorted_out[0]
    ways = list(zip(WAYS, sorted_out, strict=True))
    return Document(
        model,
        _cast(labels, listing),
        _reel(showings[0]),
        wishes.near,
        tuple(rates(way, *both, drawn) for way, both in ways),
        bands(told, drawn),
        tuple((way.short, waiting(both[0])) for way, both in ways),
        tuple(told),
        tuple(others),
        bootstrap.rounds,
        bootstrap.seed,
    )


def _cast(labels: Labels, listing: _Listing) -> Cast:
    padding, missing = listing.padding, labels.listed - set(listing.enrolled)
    sizes = padding.people, padding.pictures, len(padding.templates)
    return Cast(len(labels.listed), len(missing), *sizes)


def _reel(shown: Sequence[Shown]) -> Reel:
    return Reel(len(shown), sum(one.frames for one in shown), sum(one.seconds for one in shown))
