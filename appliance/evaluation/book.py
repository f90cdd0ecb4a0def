"""Every figure of the project made again by one command: evaluations, cards, tables on pages."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from appliance.errors import InputError
from appliance.evaluation.attack import attack
from appliance.evaluation.blocks import blocks, fill
from appliance.evaluation.cards import make_card, read_document, write_card
from appliance.evaluation.degradation import Lists
from appliance.evaluation.degrading import degradation
from appliance.evaluation.film import measure as film
from appliance.evaluation.identification import Plan
from appliance.evaluation.measure import ablate, identify, verify
from appliance.evaluation.trials import Plan as Spoiling
from appliance.evaluation.trials import steps_of
from appliance.evaluation.way import Way
from appliance.oversight.document import make_folder, write_text
from appliance.oversight.record.card import read_cards
from engines.packs import load_packs, pack_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rich.console import Console

    from appliance.evaluation.wishes import Wishes
    from appliance.oversight.record.card import Card

PLAN: Final = Plan(sizes=(500, 1_000), images=(1, 3))
"""The lists that cards tell of: longer ones leave too few strangers on the pictures at hand."""


SHORT: Final = replace(PLAN, sizes=(500,), images=(1,))
"""The list on which ways of making a score are told apart."""
SPOILT: Final = ("size", "focus", "motion", "dark", "mixed")
"""What the van's gates are there for."""


class Told(Protocol):
    """What an evaluation says."""

    def record(self) -> dict[str, Any]:
        """Give it for JSON."""
        ...


@dataclass(frozen=True)
class Step:
    """One evaluation, and what its file is called."""

    name: str
    run: Callable[[Wishes, Console], Told]


def _searched(plan: Plan) -> Callable[[Wishes, Console], Told]:
    return lambda wishes, console: identify(wishes, plan, console)


def _spoilt(wishes: Wishes, console: Console) -> Told:
    return degradation(wishes, Spoiling(steps_of(SPOILT)), Lists(shots=2), console)


def _tried(wishes: Wishes, console: Console) -> Told:
    return ablate(wishes, SHORT, console)


STEPS: Final = (
    Step("verification", verify),
    Step("identification", _searched(PLAN)),
    Step("identification-plain", _searched(replace(SHORT, way=Way(score="cosine")))),
    Step("identification-fused", _searched(replace(SHORT, way=Way(shots=2)))),
    Step("ablation", _tried),
    Step("degradation", _spoilt),
    Step("attack", attack),
)
"""The van's score; plain cosines, as others tell theirs; two pictures fused as a passing's shots
are; ways of making a score beside each other; and pictures that are small, or spoilt."""


@dataclass(frozen=True)
class Places:
    """Where everything goes."""

    cards: Path
    evidence: Path
    """Where what each evaluation said is kept: PACK.EVALUATION.json. What lies there already, also
    of other evaluations, is on the card as well."""
    pages: tuple[Path, ...] = ()
    """Whose tables between marks are written anew."""


def film_step(table: Path, root: Path | None) -> Step:
    """Make a step of films: the list is lengthened with the people of the pictures.

    Args:
        table: Who passes on which film, as `lfr evaluate film` takes it.
        root: Where its paths begin; None: where it lies.
    """

    def run(wishes: Wishes, console: Console) -> Told:
        asked = film.Wishes(
            table,
            root,
            wishes.pack,
            wishes.models,
            padding=wishes.source,
            padding_root=wishes.pictures,
            cache=wishes.cache,
            workers=wishes.workers,
            bootstrap=wishes.bootstrap,
        )
        return film.watch(asked, console)

    return Step("film", run)


def steps_named(names: Sequence[str]) -> tuple[Step, ...]:
    """Choose evaluations; all where none is named.

    Raises:
        InputError: there is no such one.
    """
    known = {step.name: step for step in STEPS}
    for name in names:
        if name not in known:
            mend = f"There are {', '.join(known)}."
            raise InputError(f"{name} is no evaluation of a card.", mend=mend)
    return tuple(known[name] for name in names or known)


def write_figures(
    wishes: Wishes,
    packs: Sequence[str],
    steps: Sequence[Step],
    places: Places,
    console: Console,
) -> list[Path]:
    """Measure packs, and write what was found wherever it is told.

    Args:
        wishes: What is to be measured; the calibration's threshold is that in operation.
        packs: Which.
        steps: Evaluations that are made anew; none: cards are made of what was said before.
        places: Where it goes.
        console: Where progress is shown.

    Returns:
        What was written.

    Raises:
        ApplianceError: the pictures, networks or calibrations are not there, or a file cannot be
            written.
    """
    known = load_packs(wishes.models)
    chosen = [pack_of(known, name) for name in packs]
    written: list[Path] = []
    make_folder(places.evidence)
    for pack in chosen:
        for step in steps:
            told = step.run(replace(wishes, pack=pack.name), console).record()
            file = places.evidence / f"{pack.name}.{step.name}.json"
            write_text(file, json.dumps(told, indent=1) + "\n")
            written.append(file)
        kept = {file.name: read_document(file) for file in _kept(places.evidence, pack.name)}
        written += write_card(make_card(pack, kept), places.cards) if kept else ()
    return written + write_pages(places)


def _kept(folder: Path, pack: str) -> list[Path]:
    """Find what was said of a pack: first what is made here, in its order, then the rest."""
    order = {f"{pack}.{step.name}.json": place for place, step in enumerate(STEPS)}
    files = sorted(folder.glob(f"{pack}.*.json"))
    return sorted(files, key=lambda file: order.get(file.name, len(order)))


def write_pages(places: Places) -> list[Path]:
    """Write the tables of pages anew, out of the cards that lie there.

    Raises:
        InputError: there is no card, or a page asks for a table that there is not.
    """
    if not places.pages:
        return []
    cards = read_cards([places.cards])
    if not cards:
        mend = "Measure some: `lfr evaluate figures TABLE --to DIR`."
        raise InputError("No card lies there.", mend=mend)
    return [_fill(page, cards) for page in places.pages]


def _fill(page: Path, cards: Sequence[Card]) -> Path:
    try:
        text = page.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{page.name} cannot be read.", mend="Name a page of text.") from None
    write_text(page, fill(text, blocks(cards), page.name))
    return page
