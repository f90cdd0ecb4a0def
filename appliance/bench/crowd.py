"""A gallery as long as a force's list: strangers that nobody looks like, and whoever is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from pyrage import x25519
from rich.console import Console

from appliance.app import now
from appliance.custody import Law
from appliance.desk import EnrolWishes, enrol
from appliance.domain.deployment import Deployment
from appliance.domain.watchlist import Ground, Head, ListImage, Subject, Watchlist
from appliance.errors import InputError
from provisioning.desk.trial import HERE, trial_authority
from provisioning.enrol.gate import TRIAL
from provisioning.trial import trial_terms

if TYPE_CHECKING:
    from appliance.domain.face import Floats
    from appliance.vision.eyes import Eyes

STRANGERS = 10_000
LIFE = timedelta(hours=12)
PURPOSE = "To measure how fast the appliance is"
SEED = 1


@dataclass(frozen=True)
class Entry:
    """Somebody on the list of a bench."""

    reference: str
    templates: Floats = field(repr=False)
    """(n, D), one to three rows of length 1."""


def strangers(dimension: int, count: int = STRANGERS) -> list[Entry]:
    """Make subjects with one random template each, of length 1: far from every face."""
    rows = np.random.default_rng(SEED).standard_normal((count, dimension), np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return [Entry(f"S-{i:05}", row[None]) for i, row in enumerate(rows)]


def portraits(eyes: Eyes[Any], folder: Path | None) -> list[Entry]:
    """Enrol the pictures of a folder, one sub-folder or file for each person.

    Raises:
        InputError: nobody in it can be used.
    """
    if folder is None:
        return []
    key = x25519.Identity.generate()
    with TemporaryDirectory(prefix="lfr-bench-") as shards:
        wishes = EnrolWishes(
            source=folder,
            folder=Path(shards),
            recipient=str(key.to_public()),
            terms=trial_terms(now() + LIFE),
            made_at=now(),
            gate=TRIAL,
            eyes=eyes,
        )
        found = enrol(wishes, str(key), Console(quiet=True))
    rows = found.templates.astype(np.float32)
    entries = [Entry(name, rows[found.owners == i]) for i, name in enumerate(found.references)]
    if not entries:
        raise InputError("Nobody could be enrolled.", mend="Give pictures with one face in each.")
    return entries


def make_law(entries: list[Entry], model_id: str) -> Law:
    """Make a list and an authority that are in force here. Unsigned: no van would believe them."""
    made_at = now()
    head = Head(watchlist_id="bench", model_id=model_id, made_at=made_at, expires_at=made_at + LIFE)
    owners = np.repeat(np.arange(len(entries), dtype=np.int32), [len(e.templates) for e in entries])
    templates = np.concatenate([entry.templates for entry in entries])
    subjects = tuple(_subject(entry, head) for entry in entries)
    watchlist = Watchlist.of(head, subjects, templates, owners)
    return Law(watchlist, Deployment(trial_authority(head, len(entries), PURPOSE), HERE))


def _subject(entry: Entry, head: Head) -> Subject:
    return Subject(
        reference=entry.reference,
        ground=Ground.VOLUNTEER,
        reason="A volunteer on a bench",
        power="None: nobody is stopped",
        reviewer="Nobody: this is a bench",
        images=(ListImage(source="None"),) * len(entry.templates),
        expires_at=head.expires_at,
    )
