"""What is laid out to be signed: a list for each van, its authority, and its page of the log."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from pydantic import AwareDatetime, TypeAdapter
from tuf.api.metadata import TargetFile, Targets

from appliance.errors import TrustError
from appliance.watchlist.trust import AuthorityPromise, Promise
from provisioning import disk
from provisioning.desk import pages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from appliance.domain.deployment import Authority
    from appliance.domain.watchlist import Part
    from provisioning.desk.log import Page
    from provisioning.desk.repository import Repository

P = TypeVar("P", Promise, AuthorityPromise)
NAMED_FOR = timedelta(days=31)
"""So long the metadata names a page of the log; each page names the one before for ever."""
TIME: TypeAdapter[AwareDatetime] = TypeAdapter(AwareDatetime)


@dataclass(frozen=True)
class Bundle:
    """A sealed list for one van."""

    promise: Promise
    file: Path
    """The ciphertext; it is moved into the repository."""


def stage_list(repository: Repository, bundles: Sequence[Bundle], page: Page) -> list[str]:
    """Lay out a list. It takes the place of the one that each van had.

    Returns:
        Whose signatures of what was pending fell away.
    """
    targets = [_take(repository, bundle) for bundle in bundles]

    def change(draft: Targets) -> None:
        forget(draft, repository.clock())
        for target in targets:
            draft.targets[target.path] = target
        pages.add(repository, draft, page)

    return repository.stage(change)


def stage_authority(repository: Repository, authority: Authority, vans: Sequence[str]) -> list[str]:
    """Lay out an authority for some vans; returns as `stage_list`."""
    data = authority.model_dump_json(exclude_none=True).encode()

    def change(draft: Targets) -> None:
        forget(draft, repository.clock())
        for van in vans:
            target = TargetFile.from_data(f"vans/{van}/authority.json", data)
            promise = AuthorityPromise(
                van=van,
                deployment_id=authority.deployment_id,
                watchlist_id=authority.watchlist_id,
                ends_at=authority.ends_at,
            )
            draft.targets[target.path] = _told(target, promise)
            disk.write(repository.file_of(target), data, disk.PUBLIC)

    return repository.stage(change)


def forget(draft: Targets, now: datetime) -> None:
    """Take out what has ended, and old pages of the log but for the newest.

    A list goes with the authority that it was for, since no van may use it any more.
    """
    newest = pages.pages(draft)[-1:]
    over = {
        (one.van, one.watchlist_id)
        for one in promised(draft, AuthorityPromise)
        if one.ends_at <= now
    }
    for one in promised(draft, Promise):
        if (one.van, one.watchlist_id) in over:
            del draft.targets[f"vans/{one.van}/watchlist.age"]
    for path, target in list(draft.targets.items()):
        custom = target.custom or {}
        end = custom.get("ends_at") or custom.get("expires_at")
        grace = NAMED_FOR if custom.get("kind") == "log" else timedelta(0)
        if target not in newest and (end is None or TIME.validate_python(end) + grace <= now):
            del draft.targets[path]


def require_fit(targets: Targets, published: Targets | None, now: datetime) -> None:
    """Refuse what a van would refuse: a list without its authority, or a new one that has ended.

    Args:
        targets: What is to be published.
        published: What is so already; a list of it that ends meanwhile hinders nobody.
        now: The time.

    Raises:
        TrustError: it says which van's.
    """
    authorities = {one.van: one for one in promised(targets, AuthorityPromise)}
    old = promised(published, Promise) if published else []
    for said in promised(targets, Promise):
        authority = authorities.get(said.van)
        if said.expires_at <= now and said not in old:
            raise TrustError(f"The list of {said.van} has ended.", mend="Enrol a new one.")
        if authority is None or authority.watchlist_id != said.watchlist_id:
            raise TrustError(
                f"{said.van} has no authority for list {said.watchlist_id}.",
                mend=f"Run `lfr desk authorise --list {said.watchlist_id} --van {said.van} ...`.",
            )


def promised(targets: Targets, part: type[P]) -> list[P]:
    """Give what the targets say of lists, or of authorities."""
    kind = part.model_fields["kind"].default
    customs = [target.custom or {} for target in targets.targets.values()]
    return [part.model_validate(custom) for custom in customs if custom.get("kind") == kind]


def addressed(targets: Targets | None) -> list[str]:
    """Name the vans for which there is anything."""
    both: list[Promise | AuthorityPromise] = []
    if targets:
        both += [*promised(targets, Promise), *promised(targets, AuthorityPromise)]
    return sorted({one.van for one in both})


def _take(repository: Repository, bundle: Bundle) -> TargetFile:
    path = f"vans/{bundle.promise.van}/watchlist.age"
    target = _told(TargetFile.from_file(path, str(bundle.file)), bundle.promise)
    file = repository.file_of(target)
    file.parent.mkdir(parents=True, exist_ok=True)
    bundle.file.chmod(disk.PUBLIC)
    shutil.move(bundle.file, file)
    return target


def _told(target: TargetFile, promise: Part) -> TargetFile:
    target.unrecognized_fields["custom"] = promise.model_dump(mode="json")
    return target
