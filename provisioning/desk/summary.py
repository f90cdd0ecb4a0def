"""What exactly two people sign: read from the sealed lists themselves, not from what was said."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.domain.deployment import Authority
from appliance.errors import InputError, TrustError
from appliance.watchlist import bundle
from appliance.watchlist.trust import AUTHORITY_BYTES, AuthorityPromise, Promise
from provisioning import disk
from provisioning.desk import log, pages
from provisioning.desk.inspect import Sealed, opened, texts
from provisioning.desk.repository import digest, names
from provisioning.desk.roles import LIVES
from provisioning.desk.stage import forget, promised, require_fit
from provisioning.report.census import Census

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime
    from pathlib import Path

    from tuf.api.metadata import Metadata, TargetFile, Targets

    from appliance.domain.watchlist import Watchlist
    from provisioning.desk.office import Office
    from provisioning.desk.repository import Repository


PAGE = re.compile(r"log/[A-Za-z0-9][A-Za-z0-9._-]{0,63}\.json")


@dataclass(frozen=True)
class Listed:
    """A list for one van."""

    promise: Promise
    sha256: str
    """Of the ciphertext, which is what is signed."""
    new: bool
    grounds: dict[str, int] = field(default_factory=dict[str, int])
    minors: int = 0
    """Entries under 18, each by a signed override..."""
    unusual: int = 0
    """...and entries on an unusual ground, each by another."""


@dataclass(frozen=True)
class Summary:
    """What the draft would put in force."""

    version: int
    digest: str
    """Of the very bytes that are signed."""
    lists: tuple[Listed, ...]
    authorities: tuple[tuple[str, Authority], ...]
    """Each with its van."""
    signed: tuple[str, ...]
    missing: int

    def record(self) -> dict[str, object]:
        """Give it as JSON's own types."""
        return {
            "version": self.version,
            "digest": self.digest,
            "signed": list(self.signed),
            "missing": self.missing,
            "lists": [
                {
                    **one.promise.model_dump(mode="json"),
                    "sha256": one.sha256,
                    "new": one.new,
                    "grounds": one.grounds,
                    "minors": one.minors,
                    "unusual": one.unusual,
                }
                for one in self.lists
            ],
            "authorities": [
                {"van": van, **authority.model_dump(mode="json")}
                for van, authority in self.authorities
            ],
        }


def summarise(office: Office, draft: Metadata[Targets], tell: Callable[[str], None]) -> Summary:
    """Open every new list of a draft and count what is in it.

    Args:
        office: The desk.
        draft: What wants signatures.
        tell: Is told which van's list is being read.

    Raises:
        InputError: a list cannot be opened here, or an entry is not lawful.
        TrustError: a list is not what is promised, or the log does not hold just its entries.
    """
    repository, targets = office.repository, draft.signed
    _require_told(targets)
    published = repository.published()
    known = {target.path: target for target in published.targets.values()} if published else {}
    lists: list[Listed] = []
    for said in promised(targets, Promise):
        target = targets.targets[f"vans/{said.van}/watchlist.age"]
        new = known.get(target.path) != target
        tell(said.van)
        repository.require_whole(target)
        counted = _counted(office, targets, said, repository.file_of(target)) if new else ({}, 0, 0)
        lists.append(Listed(said, pages.sha256_of(target), new, *counted))
    standing = repository.standing(draft)
    return Summary(
        targets.version,
        digest(draft),
        tuple(lists),
        tuple(_authorities(office, targets)),
        tuple(names(standing.signed.values())),
        standing.missing,
    )


def require_draft(repository: Repository) -> Metadata[Targets]:
    """Give what wants signatures; what is published wants them anew before it ends by itself.

    Raises:
        InputError: nothing does.
        TrustError: vans would refuse it.
    """
    draft, published, now = repository.draft(), repository.published(), repository.clock()
    if draft is None and published and ends_soon(published, now):
        repository.stage(lambda coming: forget(coming, now))
        draft = repository.draft()
    if draft is None:
        raise InputError("Nothing wants to be signed.", mend="Enrol or authorise first.")
    require_fit(draft.signed, published, now)
    return draft


def ends_soon(targets: Targets, now: datetime) -> bool:
    """Tell whether the metadata itself, and not a list in it, is about to end."""
    return targets.expires - now < LIVES[targets.type] / 3


def _require_told(targets: Targets) -> None:
    """Refuse a draft in which something stands that a signer would not be shown."""
    for path, target in targets.targets.items():
        logged = (target.custom or {}).get("kind") == "log" and PAGE.fullmatch(path)
        if not logged and path != _path(target):
            raise TrustError(
                "Something unknown stands in the draft.", mend="Enrol or authorise again."
            )


def _path(target: TargetFile) -> str:
    custom = target.custom or {}
    files = {"watchlist": "watchlist.age", "authority": "authority.json"}
    return f"vans/{custom.get('van')}/{files.get(custom.get('kind', ''), '')}"


def _counted(
    office: Office, targets: Targets, said: Promise, cipher: Path
) -> tuple[dict[str, int], int, int]:
    identity = office.drafts.identity(said.watchlist_id)
    with opened(Sealed(cipher, identity, said)) as (watchlist, _):
        bundle.check(watchlist, said)
        _require_logged(office, targets, said, watchlist)
        census = Census.of(texts(watchlist), said.made_at)
    grounds = {ground.value: count for ground, count in sorted(census.grounds.items())}
    return grounds, census.minors, census.unusual


def _require_logged(office: Office, targets: Targets, said: Promise, watchlist: Watchlist) -> None:
    target = targets.targets.get(f"log/{said.watchlist_id}.json")
    if target is None:
        raise TrustError("A list has no page in the log.", mend="Enrol again.")
    office.repository.require_whole(target)
    page = log.open_page(disk.read(office.repository.file_of(target), log.PAGE_BYTES))
    if sorted(bytes(row).hex() for row in watchlist.commitments) != list(page.commitments):
        raise TrustError("The log does not hold just the entries of a list.", mend="Enrol again.")


def _authorities(office: Office, targets: Targets) -> Generator[tuple[str, Authority]]:
    for said in promised(targets, AuthorityPromise):
        target = targets.targets[f"vans/{said.van}/authority.json"]
        office.repository.require_whole(target)
        data = disk.read(office.repository.file_of(target), AUTHORITY_BYTES)
        try:
            yield said.van, Authority.model_validate_json(data)
        except ValueError:
            raise InputError("An authority cannot be read.", mend="Authorise again.") from None
