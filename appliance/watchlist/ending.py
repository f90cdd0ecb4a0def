"""The end of a deployment on disk: a mark that stays, then the keys, then the files.

In that order, so that a loss of power at any moment leaves something to go on from and never a list
that could be opened once more. What guards against older files stays: without it, whoever kept the
old ones could bring them back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.domain.ending import End
from appliance.errors import InputError, MachineError, TrustError
from appliance.watchlist.refusals import StaleError
from appliance.watchlist.trust import believe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from appliance.watchlist.generation import Generation
    from appliance.watchlist.store import Store
    from appliance.watchlist.trust import Trusted

    Destroy = Callable[[str], None]
    """Destroys a one-time key for good; one that is gone already is no fault."""


def finish(store: Store, destroy: Destroy, deployment_id: str, ends_at: datetime, end: End) -> None:
    """End a deployment for good. It may be called again, and goes on where it was cut off.

    Args:
        store: What the van holds.
        destroy: Destroys one of the van's one-time keys.
        deployment_id: Which one.
        ends_at: When it would have ended by itself.
        end: Why it ends.

    Raises:
        MachineError: the disk refuses.
    """
    held = enumerate(store.generations())
    ended = [(place, g) for place, g in held if g.label().deployment_id == deployment_id]
    try:
        store.close(deployment_id, ends_at, end)
    except MachineError:
        # Without its key nobody goes on with it, and without the list a full disk has room.
        _crush(store, destroy, [generation for _, generation in ended])
        store.close(deployment_id, ends_at, end)
    for _, generation in ended:
        store.spend(generation, shared=True)
    store.destroy_spent(destroy)
    for place, generation in ended:
        _remove(store, generation, newest=not place)


def _crush(store: Store, destroy: Destroy, ended: Sequence[Generation]) -> None:
    """Destroy lists and their keys, the keys first, without writing anything down."""
    for key_id in filter(None, (generation.label().key_id for generation in ended)):
        destroy(key_id)
    for generation in ended:
        store.strip(generation)


def supersede(store: Store, destroy: Destroy, name: str) -> None:
    """Destroy what a newer list has taken the place of, and end what only the old one was for.

    Args:
        store: What the van holds.
        destroy: Destroys one of the van's one-time keys.
        name: The generation whose list is searched now; everything older goes.

    Raises:
        MachineError: the disk refuses.
    """
    held = store.generations()
    searched = {one.label().deployment_id for one in held if one.name == name}
    for generation in held:
        if int(generation.name) < int(name):
            label = generation.label()
            if label.deployment_id and label.ends_at and label.deployment_id not in searched:
                store.close(label.deployment_id, label.ends_at, End.SUPERSEDED)
            # Written down first, so that a loss of power leaves no key of a list that is gone.
            store.spend(generation)
            store.retire(generation)
    store.destroy_spent(destroy)


def sweep(store: Store, destroy: Destroy, root: bytes, van: str, now: datetime) -> End | None:
    """Destroy whatever is past its end; to be called at the start and each minute.

    Args:
        store: What the van holds.
        destroy: Destroys one of the van's one-time keys.
        root: The root that the van was born with.
        van: The van's own name.
        now: The van's time.

    Returns:
        How the newest of what was destroyed here had ended.

    Raises:
        MachineError: the disk refuses.
    """
    store.tidy()
    word, found = _heard(store, root, van, now), None
    for place, generation in enumerate(store.generations()):
        end = _end(store, generation, word, now)
        # Without a bundle the newest holds nothing that could outlive its time.
        if end and generation.inode():
            _settle(store, destroy, generation, end, newest=not place)
            found = found or end
    store.destroy_spent(destroy)
    return found


def _heard(store: Store, root: bytes, van: str, now: datetime) -> Trusted | End | None:
    """Believe the newest generation; None where it is missing or damaged."""
    newest = store.current()
    if newest is None:
        return None
    try:
        trusted = believe(newest.files(), root, van, now)
    except StaleError:
        return End.CONTACT_LOST
    except (TrustError, InputError):
        # Nobody can open it, the next update mends it, and its label still counts.
        return None
    # Never beyond what the metadata vouches for: a clock gone wild cannot lock the van out.
    store.raise_floor(now)
    return trusted


def _end(
    store: Store, generation: Generation, word: Trusted | End | None, now: datetime
) -> End | None:
    label = generation.label()
    closed = store.closed(label.deployment_id) if label.deployment_id else None
    if closed or isinstance(word, End):
        return closed or End.CONTACT_LOST
    if word and _taken_back(word, label.deployment_id):
        return End.REVOKED
    return label.end(now)


def _taken_back(word: Trusted, deployment_id: str | None) -> bool:
    nothing = not (word.authority or word.promise or word.fault)
    return nothing or (deployment_id is not None and word.withdrawals.revokes(deployment_id))


def _settle(
    store: Store, destroy: Destroy, generation: Generation, end: End, *, newest: bool
) -> None:
    label = generation.label()
    # An older list that ends does not end a deployment which has a newer one.
    over = newest or end is not End.LIST_EXPIRED
    if over and label.deployment_id and label.ends_at:
        finish(store, destroy, label.deployment_id, label.ends_at, end)
    else:
        store.spend(generation)
        _remove(store, generation, newest=newest)


def _remove(store: Store, generation: Generation, *, newest: bool) -> None:
    # The newest guards against older files even when it holds no list any more.
    if newest:
        store.strip(generation)
    else:
        store.retire(generation)
