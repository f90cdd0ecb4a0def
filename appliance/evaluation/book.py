"""Every figure of the project made again by one command: evaluations, cards, tables on pages."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from appliance.errors import InputError
from appliance.evaluation.blocks import blocks, fill
from appliance.evaluation.cards import make_card, write_card
from appliance.evaluation.identification import Plan
from appliance.evaluation.measure import identify, verify
from appliance.oversight.document import make_folder, write_text
from appliance.oversight.record.card import read_cards
from engines.packs import load_packs, pack_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from appliance.evaluation.measure import Wishes
    from appliance.oversight.record.card import Card

PLAN: Final = Plan(sizes=(100, 500, 1_000), images=(1, 3))
"""The lists that cards tell of: longer ones leave too few strangers on the pictures at hand."""


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


STEPS: Final = (
    Step("verification", verify),
    Step("identification", lambda wishes, console: identify(wishes, PLAN, console)),
)


@dataclass(frozen=True)
class Places:
    """Where everything goes."""

    cards: Path
    evidence: Path | None = None
    """Where what each evaluation said is kept as JSON, if anywhere."""
    pages: tuple[Path, ...] = ()
    """Whose tables between marks are written anew."""


def write_figures(
    wishes: Wishes, packs: Sequence[str], places: Places, console: Console
) -> list[Path]:
    """Measure packs, and write what was found wherever it is told.

    Args:
        wishes: What is to be measured; the calibration's threshold is that in operation.
        packs: Which.
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
    for pack in chosen:
        documents = {
            f"{pack.name}.{step.name}.json": _whole(step, replace(wishes, pack=pack.name), console)
            for step in STEPS
        }
        if places.evidence is not None:
            written += _keep(documents, places.evidence)
        written += write_card(make_card(pack, documents), places.cards)
    return written + write_pages(places)


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


def _whole(step: Step, wishes: Wishes, console: Console) -> dict[str, Any]:
    """Run a step, and give what a program would read of it."""
    document: dict[str, Any] = json.loads(json.dumps(step.run(wishes, console).record()))
    return document


def _keep(documents: Mapping[str, Mapping[str, Any]], folder: Path) -> list[Path]:
    make_folder(folder)
    for name, document in documents.items():
        write_text(folder / name, json.dumps(document, indent=1) + "\n")
    return [folder / name for name in documents]


def _fill(page: Path, cards: Sequence[Card]) -> Path:
    try:
        text = page.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{page.name} cannot be read.", mend="Name a page of text.") from None
    write_text(page, fill(text, blocks(cards), page.name))
    return page
