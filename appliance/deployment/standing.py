"""What a van holds of a deployment: the list, its alerts, and what is kept of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from appliance.deployment.retention import Retention
from appliance.domain.slip import code
from appliance.oversight.openings import Openings
from appliance.tablets.entry import LIFE
from appliance.watchlist.generation import Label
from appliance.watchlist.keyring import Keyring
from appliance.watchlist.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from appliance.deployment.retention import Unended
    from appliance.domain.ending import End
    from appliance.oversight.openings import Opening
    from appliance.settings import Appliance
    from appliance.watchlist.generation import Generation


@dataclass(frozen=True)
class Kept:
    """What a register keeps of one deployment's alerts."""

    deployment_id: str
    alerts: int
    unended: list[Unended]
    """Without which it would be closed, or could be."""
    closed_at: datetime | None
    true: int
    """Of the alerts, those that the force is to have before they are erased."""
    held: dict[str, datetime]
    """Codes of those that are held beyond their time, and until when."""
    erased_at: datetime | None
    """When the others are gone at the latest."""


@dataclass(frozen=True)
class Standing:
    """What a van holds."""

    deployment_id: str | None
    ends_at: datetime | None
    list_expires_at: datetime | None
    closed: End | None
    """How the deployment has ended."""
    keys_left: int
    opened: Opening | None = None
    """By whose hand; None where the van opens by itself, or nobody has opened it yet."""
    kept: tuple[Kept, ...] = ()


def standing(settings: Appliance, now: Callable[[], datetime]) -> Standing:
    """Look at what is held, without opening it.

    Raises:
        SettingsError: the keyring cannot be read.
        MachineError: the register cannot be read.
    """
    part = settings.watchlist
    store, keys = Store(part.folder), len(Keyring(part.keyring).ids())
    kept = _kept(Retention(settings, now), now())
    generations = store.generations()
    # The newest may be without a list, and then the one before is held.
    held = next((each for each in generations if each.inode()), next(iter(generations), None))
    found = _held(store, held)
    name = found.deployment_id
    opened = Openings(settings.oversight.folder).find(name) if name else None
    return replace(found, keys_left=keys, opened=opened, kept=kept)


def _held(store: Store, held: Generation | None) -> Standing:
    label = held.label() if held else Label()
    closed = store.closed(label.deployment_id) if label.deployment_id else None
    if held is None or not (held.inode() or closed):
        return Standing(None, None, None, None, 0)
    return Standing(label.deployment_id, label.ends_at, label.expires_at, closed, 0)


def _kept(retention: Retention, now: datetime) -> tuple[Kept, ...]:
    found: list[Kept] = []
    for name in retention.deployments:
        book = retention.book(name)
        kept = Kept(
            deployment_id=name,
            alerts=len(book.entries),
            unended=retention.unended(name),
            closed_at=book.finished_at,
            true=len(retention.true(name)),
            held={code(one): book.holds[one] for one in sorted(book.held(now))},
            erased_at=book.last_at + LIFE if book.last_at else None,
        )
        found.append(kept)
    return tuple(found)
